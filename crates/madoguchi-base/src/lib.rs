//! madoguchi-base
