/** The first word, and the rest, both trimmed. */
export function splitOnce(text: string): [first: string, rest: string] {
  const typed = text.trim()
  const end = typed.search(/\s/)
  return end < 0 ? [typed, ''] : [typed.slice(0, end), typed.slice(end).trimStart()]
}
