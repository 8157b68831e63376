/** The first word of what was typed, and the rest, without blanks around either. */
export function splitOnce(text: string): [first: string, rest: string] {
  const typed = text.trim()
  const end = typed.search(/\s/)
  return end < 0 ? [typed, ''] : [typed.slice(0, end), typed.slice(end).trimStart()]
}
