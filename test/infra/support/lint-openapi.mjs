import { createConfig, lintFromString } from '@redocly/openapi-core'
import { openApiDocument } from '../../../functions/openapi/document.ts'

/** Prints the linter's problems with the document. A program: jest cannot load the linter, which is ESM alone. */

const config = await createConfig({
  extends: ['recommended'],
  rules: {
    // A form of a page answers by a redirect.
    'operation-2xx-response': 'off',
    // `/break-glass/open/{id}` is a page beside `/break-glass/{id}/drill`, and no opening is called `open`.
    'no-ambiguous-paths': 'off',
  },
})
const source = JSON.stringify({ ...openApiDocument(), servers: [{ url: 'https://hotwork.internal.example' }] })
for (const { ruleId, message, location } of await lintFromString({ source, absoluteRef: '/openapi.json', config }))
  console.log(`${ruleId} ${location[0]?.pointer}: ${message}`)
