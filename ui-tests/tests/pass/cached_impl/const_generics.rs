//! Constants of types and of methods: their values tell entries apart, and templates may name them.

#![deny(warnings)]

use hydracache::cached_impl;

pub struct Grid<const WIDTH: usize, const HEIGHT: usize>;

#[cached_impl(name = "grid")]
impl<const WIDTH: usize, const HEIGHT: usize> Grid<WIDTH, HEIGHT> {
    #[cached]
    pub fn area() -> usize {
        WIDTH * HEIGHT
    }

    #[cached(key = "{WIDTH}x{HEIGHT}:{at}", tags = ["width:{WIDTH}"])]
    pub async fn row<const SCALE: usize>(&self, at: usize) -> Vec<usize> {
        vec![at * SCALE; WIDTH]
    }

    #[cached(receiver = skip)]
    fn sum(&self, cells: [u8; WIDTH]) -> u32 {
        cells.iter().map(|cell| u32::from(*cell)).sum()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!((Grid::<2, 3>::area(), Grid::<3, 3>::area()), (6, 9));
    assert_eq!(Grid::<2, 3>::area_cache().peek(), Some(6));
    assert_eq!(Grid::<3, 2>::area_cache().peek(), None);
    let grid = Grid::<2, 1>;
    assert_eq!((grid.row::<3>(1).await, grid.row::<4>(1).await), (vec![3, 3], vec![4, 4]));
    assert_eq!(Grid::<2, 1>::row_cache().peek::<4>(1), Some(vec![4, 4]));
    assert_eq!(grid.sum([1, 2]), 3);
    assert_eq!(Grid::<2, 1>::sum_cache().peek([1, 2]), Some(3));
}
