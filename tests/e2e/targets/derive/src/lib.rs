//! `#[derive(Name)]` gives a type its name as a constant.
use proc_macro::TokenStream;

#[proc_macro_derive(Name)]
pub fn name(item: TokenStream) -> TokenStream {
    let item = syn::parse_macro_input!(item as syn::DeriveInput);
    let (ident, name) = (&item.ident, item.ident.to_string());
    quote::quote! { impl #ident { const NAME: &'static str = #name; } }.into()
}
