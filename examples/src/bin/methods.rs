//! Methods: what the receiver has to do with the key, where their handles are, traits, and calls by name.
//!
//! ```sh
//! cargo run -p hydracache-examples --bin methods
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use hydracache::{HydraCache, Runtime, cached_impl};

const AIRPORTS: &str = include_str!("../../data/airports.csv");

/// The airports of one country.
struct Country {
    code: String,
    /// City and name, by code.
    airports: BTreeMap<String, (String, String)>,
}

/// The attribute on the block tells its methods the type they belong to: they need no `name`, and each has a handle.
#[cached_impl(name = "country", ttl = "1h")]
impl Country {
    fn read(code: &str) -> Result<Self, csv::Error> {
        let mut airports = BTreeMap::new();
        for line in csv::Reader::from_reader(AIRPORTS.as_bytes()).records() {
            let line = line?;
            if &line[5] == code {
                airports.insert(line[0].to_owned(), (line[3].to_owned(), line[2].to_owned()));
            }
        }
        Ok(Self { code: code.to_owned(), airports })
    }

    /// Two countries know different cities, so what tells them apart is part of the key. Nothing is guessed: without
    /// `receiver` this does not compile.
    #[cached(receiver = self.code)]
    fn in_city(&self, city: &str) -> Vec<String> {
        println!("  … looking for {city} in {}", self.code);
        let in_city = self.airports.iter().filter(|(_, (of, _))| of == city);
        in_city.map(|(icao, _)| icao.clone()).collect()
    }

    /// Codes are unique in the world: all countries may share these entries, and the receiver is no part of the key.
    /// Only one of them knows the code, so what is not found is not remembered.
    #[cached(receiver = skip, none = "skip", loader)]
    async fn name(&self, icao: &str) -> Option<String> {
        println!("  … looking for {icao} in {}", self.code);
        self.airports.get(icao).map(|(_, name)| name.clone())
    }

    /// A function of the type, without a receiver.
    #[cached]
    fn flag(code: &str) -> String {
        let letters = code.bytes().map(|letter| 0x1F1E6 + u32::from(letter.saturating_sub(b'A')));
        letters.filter_map(char::from_u32).collect()
    }
}

/// The methods of a trait keep the signatures that the trait has given them.
trait Census {
    fn count(&self) -> impl Future<Output = usize> + Send;
}

#[cached_impl]
impl Census for Country {
    #[cached(receiver = self.code)]
    async fn count(&self) -> usize {
        self.airports.len()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (iceland, fiji) = (Arc::new(Country::read("IS")?), Country::read("FJ")?);
    Runtime::builder().cache(HydraCache::local().build()).provide(Arc::clone(&iceland)).install()?;

    println!("`receiver = self.code`: each country has its own entries.");
    for _ in 0..2 {
        assert_eq!(iceland.in_city("Akureyri"), ["BIAR"]);
        assert_eq!(fiji.in_city("Akureyri"), Vec::<String>::new());
    }
    assert_eq!(Country::in_city_cache().stats().loads, 2);

    println!("`receiver = skip`: what one has found, another has as well.");
    assert_eq!(fiji.name("BIKF").await, None);
    let keflavik = iceland.name("BIKF").await;
    assert!(keflavik.is_some());
    assert_eq!(fiji.name("BIKF").await, keflavik);

    println!("An `impl` block has no room for a type, so a function of it returns the handle of a method:");
    let names = Country::name_cache();
    println!("  {} is cached with the key {}", names.name(), names.key("BIKF"));
    assert_eq!(names.peek("BIKF"), Some(keflavik.clone()));
    // Where the key reads the receiver, and where the body runs, the instance comes first.
    assert!(Country::in_city_cache().invalidate(&iceland, "Akureyri").await?);
    assert_eq!(Country::in_city_cache().peek(&iceland, "Akureyri"), None);
    assert_eq!(names.refresh(&iceland, "BIKF").await, keflavik);

    println!("Functions of the type and methods of traits are cached as well:");
    assert_eq!((Country::flag("IS"), Country::flag_cache().stats().loads), ("🇮🇸".to_owned(), 1));
    let (one, other) = (iceland.count().await, fiji.count().await);
    println!("  {} {one} airports, {} {other}", Country::flag("IS"), Country::flag("FJ"));
    assert_eq!(Country::count_cache().peek(&iceland), Some(one));

    println!("With `loader` a method can be called by its name, from where nothing but names is known:");
    let registry = Runtime::current().registry();
    let reykjavik: Option<String> = registry.load("country.name", "BIRK").await?;
    println!("  country.name(\"BIRK\") is {reykjavik:?}, found in what the runtime was provided");
    assert_eq!(names.peek("BIRK"), Some(reykjavik));

    let cached: Vec<_> = registry.functions().map(|function| function.name()).collect();
    println!("methods: {} cached, {}", cached.len(), cached.join(", "));
    assert_eq!(cached.len(), 4);
    Ok(())
}
