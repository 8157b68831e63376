/** Markup. Pieces of a page are made by `html` alone, so whatever else stands in it is text. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | undefined | readonly Part[]

const escapes: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const written = (part: Part): string => {
  if (part === undefined) return ''
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(written).join('')
  return String(part).replace(/[&<>"']/g, (character) => escapes[character] ?? character)
}

/**
 * A piece of a page. What is put in is text, escaped for an element and for an attribute in quotes alike, unless it is a
 * piece itself: nobody has to remember to escape, and there is no way not to.
 */
export const html = (fixed: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(fixed.reduce((all, text, at) => `${all}${written(parts[at - 1])}${text}`))

export type { Part }
