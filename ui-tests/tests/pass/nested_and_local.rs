//! Functions stand in modules and in other functions.

#![deny(warnings)]

mod outer {
    pub(super) mod inner {
        #[hydracache::cached]
        pub(in crate::outer) fn get(id: u64) -> u64 {
            id
        }
    }

    pub(crate) fn get(id: u64) -> (u64, u64) {
        (inner::get(id), inner::get::stats().loads)
    }
}

fn local(id: u64) -> (u64, u64) {
    #[hydracache::cached(name = "local")]
    fn get(id: u64) -> u64 {
        id
    }
    if id > 0 {
        #[hydracache::cached(name = "more local", handle = handle)]
        fn get(id: u64) -> u64 {
            id + 100
        }
        return (get(id), handle::stats().loads);
    }
    (get(id), get::stats().loads)
}

fn main() {
    assert_eq!((outer::get(1), outer::get(1)), ((1, 1), (1, 1)));
    assert_eq!((local(0), local(0)), ((0, 1), (0, 1)));
    assert_eq!((local(1), local(1)), ((101, 1), (101, 1)));
}
