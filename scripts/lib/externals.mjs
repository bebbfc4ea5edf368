/**
 * Packages that the core's bundles leave in node_modules: native, or CommonJS that loads its own files.
 * All others are bundled, because packages that are ES modules alone (p-queue, canonicalize) break in a
 * CommonJS bundle: of `require(esm)` the bundler takes the whole namespace for the default export
 * (rolldown of vite 8.3).
 */
export const coreExternals = [/^better-sqlite3($|\/)/, /^ssh2($|\/)/, /^undici($|\/)/];
