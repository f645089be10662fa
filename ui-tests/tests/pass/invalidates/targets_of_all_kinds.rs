//! Targets by every path: functions of modules, methods of this type and of others, generic ones, through `self::`.

#![deny(warnings)]

use hydracache::{cached, cached_impl, invalidates};

mod users {
    #[hydracache::cached]
    pub(crate) fn find(id: u64) -> u64 {
        id
    }

    pub(crate) struct Users;

    #[hydracache::cached_impl]
    impl Users {
        #[cached]
        pub(crate) fn all(page: u32) -> u32 {
            page
        }
    }
}

struct Shelf<T>(T);

#[cached_impl]
impl<T: Clone + ToString + Send + Sync + 'static> Shelf<T> {
    #[cached(receiver = self.0.to_string())]
    fn label(&self, id: u64) -> String {
        format!("{}/{id}", self.0.to_string())
    }

    #[invalidates(Self::label(self, id), users::Users::all(1), crate::users::find(id))]
    fn rename(&self, id: u64) {
        let _ = id;
    }
}

#[cached]
fn local(id: u64) -> u64 {
    id
}

#[invalidates(self::local(id), users::find(id), all(users::Users::all))]
#[invalidates(Shelf::<u8>::label(&Shelf(1), id))]
fn change(id: u64) {}

fn main() {
    let shelf = Shelf(1_u8);
    let fill = || (local(7), users::find(7), users::Users::all(1), shelf.label(7));
    fill();
    change(7);
    assert_eq!((local::peek(7), users::find::peek(7), users::Users::all_cache().peek(1)), (None, None, None));
    assert_eq!(Shelf::<u8>::label_cache().peek(&shelf, 7), None);
    fill();
    shelf.rename(7);
    assert_eq!((local::peek(7), users::find::peek(7), users::Users::all_cache().peek(1)), (Some(7), None, None));
    assert_eq!(Shelf::<u8>::label_cache().peek(&shelf, 7), None);
}
