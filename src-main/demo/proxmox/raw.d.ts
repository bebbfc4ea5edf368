/** Vite's import of a file as text: a type made from 400 KB of JSON would slow every type check. */
declare module '*.json?raw' {
  const text: string;
  export default text;
}
