import { html } from './html.ts'
import { page } from './layout.ts'

/** The page of a problem's type (RFC 9457 section 3.1.1): what is so whenever it comes, and what helps. */
export const problemTypePage = (code: string, { title, fix }: { title: string; fix: string }): string =>
  page({
    title,
    body: html`<h1>${title}</h1>
<p>This is the problem <code>${code}</code> of Hotwork's API. The answer that names it says more in its <code>detail</code>.</p>
<p>What helps: ${fix.replaceAll('`', '')}.</p>`,
  })
