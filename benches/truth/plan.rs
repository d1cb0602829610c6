//! Which kinds of links there are, and how many of each.

use crate::{kind::Kind, random::Random, site::Manner};

/// What a link is at the first visit and at the second, and how many of them a full deck has.
const PLANS: &[(Kind, Kind, usize)] = &[
    (Kind::Fine, Kind::SameBytes, 4),
    (Kind::Fine, Kind::Noise, 8),
    (Kind::Fine, Kind::Redesign, 3),
    (Kind::Fine, Kind::Number, 3),
    (Kind::Fine, Kind::Word, 3),
    (Kind::Fine, Kind::SentenceAdded, 2),
    (Kind::Fine, Kind::ParagraphRemoved, 2),
    (Kind::Fine, Kind::Correction, 2),
    (Kind::Fine, Kind::Rewritten, 3),
    (Kind::Fine, Kind::Missing, 2),
    (Kind::Fine, Kind::Gone, 1),
    (Kind::Fine, Kind::Moved, 2),
    (Kind::Fine, Kind::MovedSilently, 2),
    (Kind::Fine, Kind::LikeErrorPage, 1),
    (Kind::Fine, Kind::Withdrawn, 1),
    (Kind::Fine, Kind::SentHome, 1),
    (Kind::Fine, Kind::Failing, 1),
    (Kind::Fine, Kind::Hanging, 1),
    (Kind::Fine, Kind::Forbidden, 1),
    (Kind::Fine, Kind::Login, 1),
    (Kind::Fine, Kind::Empty, 1),
    (Kind::AboutLost, Kind::SameBytes, 1),
    (Kind::AboutLost, Kind::Noise, 1),
    (Kind::Temporary, Kind::Temporary, 2),
    (Kind::TemporaryChain, Kind::TemporaryChain, 1),
    (Kind::Slash, Kind::Slash, 1),
    (Kind::Permanent, Kind::Permanent, 2),
    (Kind::PermanentChain, Kind::PermanentChain, 1),
    (Kind::Loop, Kind::Loop, 1),
    (Kind::Missing, Kind::Missing, 2),
    (Kind::Missing, Kind::Recovered, 1),
    (Kind::Gone, Kind::Gone, 1),
    (Kind::Forbidden, Kind::Forbidden, 1),
    (Kind::Forbidden, Kind::Recovered, 1),
    (Kind::Limited, Kind::Limited, 1),
    (Kind::Failing, Kind::Recovered, 1),
    (Kind::Failing, Kind::Failing, 1),
    (Kind::Overloaded, Kind::Overloaded, 1),
    (Kind::Hanging, Kind::Recovered, 1),
    (Kind::Empty, Kind::Recovered, 1),
    (Kind::NoReply, Kind::NoReply, 1),
    (Kind::LikeErrorPage, Kind::LikeErrorPage, 1),
    (Kind::LikeErrorPage, Kind::Recovered, 1),
    (Kind::Withdrawn, Kind::Withdrawn, 1),
    (Kind::Login, Kind::Login, 1),
    (Kind::Robots, Kind::Robots, 1),
];

/// Lost links in the deck of a host that does not say 404: it is there for their sake.
const LOST: usize = 14;

/// Deals so many links to a host, each kind that suits it in turn.
pub fn deal(manner: Manner, links: usize, mut random: Random) -> Vec<(Kind, Kind)> {
    let mut deck = deck(manner);
    let mut dealt = Vec::new();
    while dealt.len() < links {
        random.shuffle(&mut deck);
        dealt.extend(deck.iter().take(links - dealt.len()));
    }
    dealt
}

fn deck(manner: Manner) -> Vec<(Kind, Kind)> {
    let every = |plans: &[(Kind, Kind, usize)]| -> Vec<(Kind, Kind)> {
        plans
            .iter()
            .flat_map(|(first, second, times)| vec![(*first, *second); *times])
            .collect()
    };
    match manner {
        Manner::Honest => every(PLANS),
        Manner::Application => vec![(Kind::Shell, Kind::Shell)],
        Manner::Refusing => vec![(Kind::Refused, Kind::Refused)],
        Manner::Expiring => vec![(Kind::Fine, Kind::Parked)],
        Manner::Sold => vec![(Kind::Fine, Kind::Usurped)],
        Manner::Apologetic | Manner::Homing | Manner::Welcoming => {
            let lost = |kind| match kind {
                Kind::Missing | Kind::LikeErrorPage | Kind::Withdrawn => manner.lost(),
                Kind::SentHome if manner == Manner::Homing => manner.lost(),
                other => other,
            };
            let mut deck = every(PLANS);
            // Such a host has no robots.txt.
            deck.retain(|(first, _)| *first != Kind::Robots);
            deck.extend([(manner.lost(), manner.lost()); LOST]);
            deck.iter()
                .map(|(first, second)| (lost(*first), lost(*second)))
                .collect()
        }
    }
}
