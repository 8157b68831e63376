/** Jest's globalTeardown. */
module.exports = async () => globalThis.removeMadeOnce()
