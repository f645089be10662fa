//! Types of other crates and of the standard library in keys, in the forms in which people write them.
//!
//! A moment is written as the moment it is, in UTC: two that are equal are one key, whatever their time zones say.

use std::fmt::{self, Display, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{KeySegment, SegmentWriter};

/// Writes what a type shows of itself; its values show themselves differently.
fn shown(value: &impl Display, out: &mut SegmentWriter<'_>) {
    struct Escaping<'o, 's>(&'o mut SegmentWriter<'s>);
    impl fmt::Write for Escaping<'_, '_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.text(text);
            Ok(())
        }
    }
    // The writer itself does not fail; a `Display` that does would leave a key that is short, and none of these does.
    let _ = write!(Escaping(out), "{value}");
}

macro_rules! shown {
    ($($t:ty),* $(,)?) => {$(
        impl KeySegment for $t {
            const MAY_BEGIN_WITH_MARK: bool = false;

            fn write_segment(&self, out: &mut SegmentWriter<'_>) {
                shown(self, out);
            }
        }
    )*};
}
shown!(IpAddr, Ipv4Addr, Ipv6Addr);

#[cfg(feature = "uuid")]
impl KeySegment for uuid::Uuid {
    const MAY_BEGIN_WITH_MARK: bool = false;

    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        out.text(self.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
    }
}

#[cfg(feature = "chrono")]
shown!(chrono::NaiveDate, chrono::NaiveTime, chrono::NaiveDateTime);

#[cfg(feature = "chrono")]
impl<Zone: chrono::TimeZone> KeySegment for chrono::DateTime<Zone> {
    const MAY_BEGIN_WITH_MARK: bool = false;

    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        shown(&self.naive_utc(), out);
    }
}

#[cfg(feature = "time")]
shown!(time::Date, time::Time, time::PrimitiveDateTime);

#[cfg(feature = "time")]
impl KeySegment for time::OffsetDateTime {
    const MAY_BEGIN_WITH_MARK: bool = false;

    fn write_segment(&self, out: &mut SegmentWriter<'_>) {
        let moment = self.to_utc();
        shown(&time::PrimitiveDateTime::new(moment.date(), moment.time()), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::CacheKeyBuilder;

    fn text(value: impl KeySegment) -> String {
        CacheKeyBuilder::new().segment(value).build_string()
    }

    #[test]
    fn addresses_are_written_as_people_write_them() {
        assert_eq!(text(Ipv4Addr::new(10, 0, 0, 1)), "10.0.0.1");
        assert_eq!(
            text(IpAddr::from(Ipv6Addr::LOCALHOST)),
            "%3A%3A1",
            "a colon of the address is no separator"
        );
    }

    #[cfg(feature = "uuid")]
    #[test]
    fn an_id_is_written_with_hyphens() {
        let id = uuid::Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
        assert_eq!(text(id), "67e55044-10b1-426f-9247-bb680e5fe0c8");
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn moments_of_chrono_that_are_equal_are_one_key() {
        let date = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let moment = date.and_hms_nano_opt(12, 30, 0, 5).unwrap();
        assert_eq!(text(date), "2026-11-21");
        assert_eq!(text(moment.time()), "12%3A30%3A00.000000005");
        let utc = moment.and_utc();
        let east = utc.with_timezone(&chrono::FixedOffset::east_opt(3_600).unwrap());
        assert_eq!(text(utc), text(moment));
        assert_eq!(text(east), text(utc));
        assert_ne!(text(utc), text(utc + chrono::Duration::nanoseconds(1)));
    }

    #[cfg(feature = "time")]
    #[test]
    fn moments_of_time_that_are_equal_are_one_key() {
        let date = time::Date::from_calendar_date(2026, time::Month::November, 21).unwrap();
        let moment = date.with_hms_nano(12, 30, 0, 5).unwrap();
        assert_eq!(text(date), "2026-11-21");
        let utc = moment.assume_utc();
        let east = utc.to_offset(time::UtcOffset::from_hms(1, 0, 0).unwrap());
        assert_eq!(text(utc), text(moment));
        assert_eq!(text(east), text(utc));
        assert_ne!(text(utc), text(utc + time::Duration::NANOSECOND));
    }
}
