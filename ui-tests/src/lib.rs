//! Nothing but tests: programs that the attributes accept and programs that they refuse, with what they say.
