//! Names for what became of single sentences of a page.

use super::words::words;

words! {
    /// What kind of words changed inside a sentence that stayed.
    pub enum ChangeKind {
        /// A number, with its sign, separators, currency and unit.
        Number = "number",
        /// A date, a month, a day of the week, a year or a time of day.
        Date = "date",
        /// A capitalised word where capitals tell names. Nothing is claimed in scripts without case.
        Name = "name",
        /// Any other words.
        Words = "words",
    }
}

words! {
    /// What a notice on a page says was done to it.
    pub enum NoticeKind {
        /// It is withdrawn as wrong.
        Retraction = "retraction",
        /// It is withdrawn by those who wrote or run it.
        Withdrawal = "withdrawal",
        /// Its editors warn that it may be wrong.
        Concern = "expression-of-concern",
        /// Something in it was wrong and is put right.
        Correction = "correction",
        /// Something was added or brought up to date.
        Update = "update",
    }
}
