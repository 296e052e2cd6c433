//! madoguchi-line
