import fc from 'fast-check'

/**
 * Any code point but half of a surrogate pair. fast-check's own `binary` builds a table of all code points, a second a
 * test file.
 */
export const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((point) => String.fromCodePoint(point < 0xd800 ? point : point + 0x800))
