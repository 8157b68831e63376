const { default: Runtime } = require('jest-runtime')

/** Modules that this worker has loaded, by their files, and where the maps of their sources are. */
const kept = new Map()
const sourceMaps = new Map()

/**
 * Jest's runtime, but each test file finds the modules that files before it have loaded in this worker. Loading them again
 * for each of 400 files took longer than the tests. A module of `test/` therefore calls `test`, `afterEach` and `jest` in its
 * functions, and not while it loads.
 */
class SharedRuntime extends Runtime {
  #testFile

  constructor(...options) {
    super(...options)
    this.registries.moduleRegistry = kept
    this.transformCache.sourceMaps = sourceMaps
    this.#testFile = options[6]
  }

  // Kept modules have the `jest` of the file that loaded them first, and use it in later ones.
  leaveTestCode() {}

  teardown() {
    this.restoreAllMocks()
    kept.delete(this.#testFile)
    // Kept modules hold this runtime, and it would hold the tests of its file.
    for (const cache of [
      this.registries.internalModuleRegistry,
      this.transformCache,
      this.fileCache,
      this.cjsExportsCache,
    ])
      cache.clear()
    this.jestGlobals.clearJestObjectCache()
  }
}
module.exports = { __esModule: true, default: SharedRuntime }
