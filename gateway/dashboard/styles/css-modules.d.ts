/** A style sheet is imported for its effect: Vite puts it into the page's one style file. */
declare module '*.css';
