import { registerHooks } from 'node:module'

/**
 * `node --import`: resolves the package to its source in this checkout, so that a page's program needs no build, and
 * the Claude Code of the Claude Agent SDK to a scripted one.
 */
const client = new URL('../../../client/', import.meta.url)
const files = { hotwork: 'index.ts', 'hotwork/gate': 'gate.ts' }

registerHooks({
  resolve(specifier, context, next) {
    const [, adapter] = /^hotwork\/([\w-]+)$/.exec(specifier) ?? []
    const file = files[specifier] ?? (adapter && `adapters/${adapter}.ts`)
    if (file) return { url: new URL(file, client).href, shortCircuit: true }
    const isPage = context.parentURL?.endsWith('/agent.mjs')
    if (isPage && specifier === '@anthropic-ai/claude-agent-sdk')
      return { url: new URL('claude-agent-sdk.ts', import.meta.url).href, shortCircuit: true }
    return next(specifier, context)
  },
})
