//! As much of cfg-if as `log` uses.
#![no_std]

#[macro_export]
macro_rules! cfg_if {
    ($(if #[cfg($meta:meta)] { $($tokens:tt)* }) else * else { $($last:tt)* }) => {
        $crate::cfg_if! { @items () ; $( ( ($meta) ($($tokens)*) ), )* ( () ($($last)*) ), }
    };
    (@items ($($not:meta,)*) ; ) => {};
    (@items ($($not:meta,)*) ; ( ($($meta:meta),*) ($($tokens:tt)*) ), $($rest:tt)*) => {
        #[cfg(all($($meta,)* not(any($($not),*))))]
        $crate::cfg_if! { @same $($tokens)* }
        $crate::cfg_if! { @items ($($not,)* $($meta,)*) ; $($rest)* }
    };
    (@same $($tokens:tt)*) => { $($tokens)* };
}
