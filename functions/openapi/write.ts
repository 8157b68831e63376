// Rules: test/infra/resources.test.ts
import { writeFileSync } from 'node:fs'
import { openApiDocument } from './document.ts'

/** `node functions/openapi/write.ts FILE`: run at build time, so that Lambdas load only the written document. */
writeFileSync(process.argv[2] ?? '', JSON.stringify(openApiDocument()))
