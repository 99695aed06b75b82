use proc_macro::TokenStream;
use quote::quote;
use syn::{parse_macro_input, DeriveInput};

#[proc_macro_derive(Shelf)]
pub fn shelf(input: TokenStream) -> TokenStream {
    let name = parse_macro_input!(input as DeriveInput).ident;
    let letter = memchr::memchr(b'l', name.to_string().as_bytes()).unwrap_or(0);
    quote! {
        impl #name {
            fn shelf(&self) -> String {
                format!("shelf {} of {}", #letter, stringify!(#name))
            }
        }
    }
    .into()
}
