//! When what is done next: cron expressions in time zones, times that are due and times that were missed, and which
//! links a budget of fetches is best spent on. Pure: the time is passed in.
