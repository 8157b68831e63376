import { writeFileSync } from 'node:fs'
import { openApiDocument } from './document.ts'

/** `node functions/openapi/write.ts FILE`: run while Lambdas are bundled, so that no Lambda has what makes it. */
writeFileSync(process.argv[2] ?? '', JSON.stringify(openApiDocument()))
