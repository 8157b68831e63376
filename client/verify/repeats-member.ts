/** Whether an object in JSON, or in lines of it, has two members of one name. Of what is no JSON it says nothing. */
export function repeatsMember(text: string): boolean {
  const open: Set<string>[] = []
  for (const [token, name] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (name !== undefined) {
      const names = open.at(-1)
      const plain = readText(name)
      if (names?.has(plain)) return true
      names?.add(plain)
    }
  }
  return false
}

/** Escapes spell one name in many ways. */
function readText(name: string): string {
  try {
    return String(JSON.parse(name))
  } catch {
    return name
  }
}
