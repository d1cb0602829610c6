//! What pages say, and what editors do to it.

use crate::{random::Random, tongue::Tongue};

/// A sentence, word by word.
pub type Sentence = Vec<String>;

/// What a page says, whatever it looks like.
#[derive(Clone)]
pub struct Story {
    pub title: String,
    pub byline: Option<String>,
    pub blocks: Vec<Block>,
}

/// A piece of a story.
#[derive(Clone)]
pub enum Block {
    Heading(String),
    Paragraph(Vec<Sentence>),
    /// Something of a list, with what is said of it.
    Item {
        name: String,
        says: Vec<Sentence>,
    },
    /// What somebody wrote in a thread.
    Post {
        author: String,
        says: Vec<Sentence>,
    },
    Code(String),
    Table(Vec<[String; 2]>),
    /// A notice of the editors.
    Notice(String),
}

impl Block {
    fn prose(&mut self) -> Option<&mut Vec<Sentence>> {
        match self {
            Block::Paragraph(says) | Block::Item { says, .. } | Block::Post { says, .. } => Some(says),
            _ => None,
        }
    }

    fn is_prose(&self) -> bool {
        matches!(self, Block::Paragraph(_) | Block::Item { .. } | Block::Post { .. })
    }
}

/// What sort of pages a site has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Genre {
    Article,
    Manual,
    Thread,
    Listing,
}

/// An edit that a reader would want to know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    Number,
    Word,
    SentenceAdded,
    ParagraphRemoved,
    Correction,
    Everything,
}

/// Writes in one tongue.
pub struct Author<'a> {
    tongue: &'a Tongue,
    words: Vec<&'static str>,
    random: Random,
}

impl<'a> Author<'a> {
    pub fn new(tongue: &'a Tongue, random: Random) -> Self {
        let words = tongue.words.split_whitespace().collect();
        Self { tongue, words, random }
    }

    /// A story of about so many paragraphs. One has two sentences at least, so that a changed word is a
    /// small part of it.
    pub fn story(&mut self, genre: Genre, paragraphs: usize) -> Story {
        let mut blocks = Vec::new();
        for number in 0..paragraphs {
            match genre {
                Genre::Article if number > 0 && number % 6 == 0 => blocks.push(Block::Heading(self.phrase(3))),
                Genre::Manual if number > 0 && number % 3 == 0 => blocks.push(Block::Heading(self.phrase(3))),
                Genre::Manual if number % 4 == 1 => blocks.push(self.code()),
                Genre::Manual if number % 5 == 2 => blocks.push(self.table()),
                _ => {}
            }
            let length = self.random.between(2, 5);
            let says = self.paragraph(length);
            blocks.push(match genre {
                Genre::Article | Genre::Manual => Block::Paragraph(says),
                Genre::Listing => Block::Item {
                    name: self.phrase(3),
                    says,
                },
                Genre::Thread => Block::Post {
                    author: self.phrase(1),
                    says,
                },
            });
        }
        let byline = (genre == Genre::Article).then(|| self.phrase(2));
        let length = self.random.between(4, 6);
        Story {
            title: self.phrase(length),
            byline,
            blocks,
        }
    }

    /// A story about pages that are not there.
    pub fn about_lost(&mut self, genre: Genre) -> Story {
        let mut story = self.story(genre, 6);
        let (title, says) = self.tongue.says.about_lost;
        story.title = title.to_owned();
        let first = story.blocks.iter_mut().find_map(Block::prose);
        first.expect("a story has prose").insert(0, vec![says.to_owned()]);
        story
    }

    /// The story as it stands after an edit.
    pub fn edited(&mut self, story: &Story, edit: Edit) -> Story {
        let mut story = story.clone();
        let prose: Vec<usize> = (0..story.blocks.len())
            .filter(|n| story.blocks[*n].is_prose())
            .collect();
        let at = *self.random.pick(&prose);
        let (words, random) = (&self.words, &mut self.random);
        let says = story.blocks[at].prose().expect("it is prose");
        match edit {
            Edit::Number => {
                let is_number = |word: &&mut String| word.starts_with(self.tongue.digits);
                let number = says
                    .iter_mut()
                    .flatten()
                    .find(is_number)
                    .expect("one in each paragraph");
                *number = digits(self.tongue, value(self.tongue, number) + random.between(1, 40));
            }
            Edit::Word => {
                let sentence = random.below(says.len());
                let word = random.below(says[sentence].len());
                let is = &mut says[sentence][word];
                let other: Vec<&&str> = words.iter().filter(|other| *other != is).collect();
                *is = (**random.pick(&other)).to_owned();
            }
            Edit::SentenceAdded => {
                let place = random.between(0, says.len());
                let sentence = self.sentence();
                let says = story.blocks[at].prose().expect("it is prose");
                says.insert(place, sentence);
            }
            Edit::ParagraphRemoved => drop(story.blocks.remove(at)),
            Edit::Correction => {
                let place = if random.below(2) == 0 { 0 } else { story.blocks.len() };
                let notice = Block::Notice(self.tongue.says.correction.to_owned());
                story.blocks.insert(place, notice);
            }
            Edit::Everything => {
                for block in &mut story.blocks {
                    if let Some(length) = block.prose().map(|says| says.len()) {
                        *block.prose().expect("it is prose") = self.paragraph(length);
                    }
                    match block {
                        Block::Heading(name) | Block::Item { name, .. } => *name = self.phrase(3),
                        Block::Code(_) => *block = self.code(),
                        Block::Table(_) => *block = self.table(),
                        _ => {}
                    }
                }
                story.title = self.phrase(5);
            }
        }
        story
    }

    /// A few words without an end.
    pub fn phrase(&mut self, length: usize) -> String {
        let length = if self.tongue.spaced { length } else { length + 1 };
        let said = self.some(length);
        join(self.tongue, &said)
    }

    fn paragraph(&mut self, sentences: usize) -> Vec<Sentence> {
        let mut says: Vec<Sentence> = (0..sentences).map(|_| self.sentence()).collect();
        // A number in each, for editors to put right.
        let sentence = self.random.below(says.len());
        let (place, number) = (
            self.random.between(1, says[sentence].len()),
            self.random.between(12, 1990),
        );
        says[sentence].insert(place, digits(self.tongue, number));
        says
    }

    fn sentence(&mut self) -> Sentence {
        let length = self.random.between(8, 17);
        self.some(length)
    }

    fn some(&mut self, length: usize) -> Sentence {
        let mut said: Sentence = Vec::new();
        while said.len() < length {
            let word = *self.random.pick(&self.words);
            if said.last().is_none_or(|last| last != word) {
                said.push(word.to_owned());
            }
        }
        said
    }

    fn code(&mut self) -> Block {
        let mut line = || format!("open --depth {} \"{}\"", self.random.below(90), self.random.token());
        Block::Code([line(), line()].join("\n"))
    }

    fn table(&mut self) -> Block {
        let mut row = || {
            let number = self.random.between(2, 900);
            [self.phrase(2), digits(self.tongue, number)]
        };
        Block::Table(vec![row(), row(), row()])
    }
}

/// A page of the site itself that says one thing: an apology, a welcome, an offer.
pub fn notice((title, text): (&str, &str)) -> Story {
    Story {
        title: title.to_owned(),
        byline: None,
        blocks: vec![Block::Notice(text.to_owned())],
    }
}

/// Sentences as they stand on a page.
pub fn prose(tongue: &Tongue, says: &[Sentence]) -> String {
    let sentence = |words: &Sentence| {
        let text = join(tongue, words);
        let mut letters = text.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{first}{}{}", letters.as_str(), tongue.stop)
    };
    let between = if tongue.spaced { " " } else { "" };
    says.iter().map(sentence).collect::<Vec<_>>().join(between)
}

/// A number in the digits of a tongue.
pub fn digits(tongue: &Tongue, number: usize) -> String {
    let digit = |c: char| tongue.digits[c as usize - '0' as usize];
    number.to_string().chars().map(digit).collect()
}

fn value(tongue: &Tongue, digits: &str) -> usize {
    let digit = |c: char| tongue.digits.iter().position(|digit| *digit == c);
    digits
        .chars()
        .filter_map(digit)
        .fold(0, |value, digit| 10 * value + digit)
}

fn join(tongue: &Tongue, words: &[String]) -> String {
    words.join(if tongue.spaced { " " } else { "" })
}
