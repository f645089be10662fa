//! A body leaves where it likes.

#![deny(warnings)]

use hydracache::cached;

#[cached]
fn parsed(text: &str) -> Result<u64, std::num::ParseIntError> {
    if text.is_empty() {
        return Ok(0);
    }
    let number: u64 = text.parse()?;
    Ok(number + 1)
}

#[cached]
async fn found(id: u64) -> Option<u64> {
    let id = id.checked_sub(1)?;
    if id == 7 {
        return None;
    }
    Some(id)
}

#[cached]
async fn loops(limit: u64) -> u64 {
    let mut sum = 0;
    'outer: for i in 0.. {
        let more = loop {
            if i >= limit {
                break 'outer;
            }
            break i;
        };
        sum += more;
        if sum > 1_000 {
            return sum;
        }
    }
    let block = 'block: {
        if sum == 3 {
            break 'block 1;
        }
        0
    };
    sum + block
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((parsed(""), parsed("1"), parsed("1")), (Ok(0), Ok(2), Ok(2)));
    assert!(parsed("x").is_err());
    assert_eq!(parsed::stats().loads, 3);
    assert_eq!(
        (found(0).await, found(8).await, found(9).await, found(9).await),
        (None, None, Some(8), Some(8))
    );
    assert_eq!((loops(3).await, loops(3).await, loops::stats().loads), (4, 4, 1));
}
