// Rules: test/infra/page-script.test.ts

declare const bundledPageScript: string | undefined

/** The script of `browser/page.ts`, which the bundler puts in. A program from source has pages without it. */
export default typeof bundledPageScript === 'undefined' ? '' : bundledPageScript
