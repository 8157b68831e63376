/** The pages' script, which the bundler makes of `browser/page.ts` (infra/bundle-page-script.ts). */
declare module 'page:script' {
  const text: string
  export default text
}
