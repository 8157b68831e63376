import { cedar } from '../../../functions/adapters/cedar/compile-cedar.ts'
import { openFolder } from '../../../functions/adapters/policy-folder/compile-folder.ts'
import type { Problem } from '../../../functions/adapters/policy-folder/json-document.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'

/** Compiles a folder as the build does: it fails if a case fails. */
export function compileFolder(
  path: string,
  deployment: string,
): { ok: true; bundle: Bundle } | { ok: false; problems: Problem[] } {
  const opened = openFolder(path, deployment, cedar)
  if (!opened.ok) return opened
  const { bundle, failing } = opened
  return failing.length > 0 ? { ok: false, problems: failing } : { ok: true, bundle }
}
