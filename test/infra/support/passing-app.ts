import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, type Stack, Stage } from 'aws-cdk-lib'
import { Template as Assertions } from 'aws-cdk-lib/assertions'
import type { Template } from './template.ts'

export const passingApp = (): App => new App({ outdir: mkdtempSync(join(tmpdir(), 'hotwork-app-')) })

/** The template of a stack in a passing app, whose files it removes: the CDK alone would leave them. */
export function passingTemplate(stack: Stack): Template {
  try {
    return Assertions.fromStack(stack).toJSON() as Template
  } finally {
    rmSync(Stage.of(stack)?.outdir ?? '', { recursive: true, force: true })
  }
}
