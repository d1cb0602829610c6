//! What is new -> messages: text for a mail, JSON with a signature for a webhook, an entry of an Atom feed. Pure:
//! nothing is sent here.
