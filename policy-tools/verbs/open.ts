// Rules: test/policies/check.test.ts
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import {
  type CompiledPolicies,
  currentSchema,
  openFolder,
  withHash,
} from '../../functions/adapters/policy-folder/compile-folder.ts'
import { JsonDocument, type Problem } from '../../functions/adapters/policy-folder/json-document.ts'
import { makeUpDeployment } from '../../functions/adapters/policy-folder/made-up-deployment.ts'
import type { Folder } from '../../functions/adapters/policy-folder/read-folder.ts'
import { nothingGoverned, withGoverned } from '../../functions/domain/agents/governed-registry.ts'
import { Bundle } from '../../functions/domain/policy/bundle.ts'
import { policyReads } from '../cedar/policy-reads.ts'
import { pointsOfCases } from '../change/case-points.ts'
import type { Side } from '../change/question-space.ts'
import { exits, type Io, jsonText, problemText, WrongUsage } from './io.ts'

export type Policies = {
  /** With the agents of registry.json, which are not in the compiled bundle. */
  bundle: Bundle
  /** As Lambdas get it. */
  compiled: Bundle
  /** Absent for a compiled bundle. */
  folder?: Folder
  index: CompiledPolicies['index']
  /** The failing cases. Only with `evenIfCasesFail` a folder may have some. */
  failing: readonly Problem[]
}
type Opened = ({ ok: true } & Policies) | { ok: false; problems: readonly Problem[] }

/**
 * Policies by the typed path: a folder, compiled as the build does it, or the file of a bundle. Without a deployment
 * file every alias of a folder counts as declared, and its accounts are the account of an ARN in `about`, if there is
 * one.
 * @throws WrongUsage if the path is neither
 */
export function openPolicies(
  path: string,
  options: { deployment?: string; about?: string; evenIfCasesFail?: boolean } = {},
): Opened {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found)
    throw new WrongUsage(`there is no \`${path}\``, 'name a policy folder, or a bundle that was compiled from one')
  if (found.isFile()) return openBundle(path)
  const { about, deployment = makeUpDeployment(path, about), evenIfCasesFail = false } = options
  const opened = openFolder(path, deployment, cedar)
  if (!opened.ok) return opened
  if (opened.failing.length > 0 && !evenIfCasesFail) return { ok: false, problems: opened.failing }
  const { bundle: compiled, folder } = opened
  // Leaves out the times of changes, whose effects are on record.
  const { registry: _, ...bundle } = withGoverned(compiled, folder.registry?.value ?? nothingGoverned)
  return { ...opened, bundle, compiled }
}

/** The material for questions: the bundle, its policies' reads, and the questions of its cases. */
export const sideOf = ({ bundle, folder }: Pick<Policies, 'bundle' | 'folder'>): Side => ({
  bundle,
  reads: policyReads(bundle.policies),
  ...pointsOfCases(
    bundle,
    (folder?.cases ?? []).flatMap(({ value }) => value.cases),
  ),
})

/** Updates the generated part of a folder's schema; returns the folder's problems if it cannot. */
export function writeSchema(path: string, deployment: string | undefined): readonly Problem[] {
  const schema = currentSchema(path, deployment ?? makeUpDeployment(path), cedar)
  if (Array.isArray(schema)) return schema
  writeFileSync(schema.file, schema.text)
  return []
}

function openBundle(path: string): Opened {
  const document = new JsonDocument(path)
  const bundle = document.parse(Bundle)
  if (!bundle) return { ok: false, problems: document.problems }
  const { hash, ...content } = JSON.parse(readFileSync(path, 'utf8')) as Bundle
  if (withHash(content).hash !== hash) {
    const message = 'the hash does not match the bundle: one of the two was changed'
    return {
      ok: false,
      problems: [document.report(['hash'], message, 'take a bundle as `hotwork policy check --out FILE` wrote it')],
    }
  }
  return { ok: true, bundle, compiled: bundle, index: cedar.indexOf(bundle, path), failing: [] }
}

/** Prints the problems, as the result of a verb that failed. */
export function tellProblems(problems: readonly Problem[], json: boolean, io: Io): typeof exits.problems {
  if (json) io.out(jsonText({ error: 'problems', problems, exit: exits.problems }))
  else io.err(problemText(problems))
  return exits.problems
}
