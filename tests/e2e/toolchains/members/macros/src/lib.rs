use proc_macro::TokenStream;

/// Makes a function return its name.
#[proc_macro_attribute]
pub fn named(_: TokenStream, item: TokenStream) -> TokenStream {
    let name = syn::parse_macro_input!(item as syn::ItemFn).sig.ident;
    let text = name.to_string();
    quote::quote!(fn #name() -> &'static str { #text }).into()
}
