// Rules: test/local/desk/text.test.ts
/** Safe markup: made by `html`, or by code that has escaped foreign text. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

const entities: { [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes for text and quoted attributes. */
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] as string)

type Part = Html | string | number | false | undefined | null | readonly Part[]

function render(part: Part): string {
  if (part instanceof Html) return part.markup
  if (Array.isArray(part)) return part.map(render).join('')
  if (part === false || part === undefined || part === null) return ''
  return escapeHtml(String(part))
}

/** Escapes values, unless they are markup. Lists are joined; `false` is empty. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(render)))
}

/** The address; undefined for one that a browser would run, such as `javascript:`. */
export function safeUrl(url: string): string | undefined {
  return /^(https?:\/\/|mailto:)/i.test(url) ? url : undefined
}
