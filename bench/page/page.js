import { explainBy, loadEngine, loadModel, loadModelExplainer } from 'regard'

let engine
let loaded

window.speed = {
  /** Compile the runtime: milliseconds until an engine has made the map of a small network. */
  async compile(threads) {
    const start = performance.now()
    engine = await loadEngine({ threads })
    const model = await loadModel('tiny.onnx', { card: { input: { channels: 'BGR', scale: 1, mean: 0 } } })
    const explainer = await loadModelExplainer(model, { engine })
    await explainBy(explainer, model, { width: 80, height: 80, data: new Uint8Array(3 * 80 * 80) })
    await explainer.release()
    return { compile: performance.now() - start, threads: engine.threads }
  },

  /** The first map of a model whose bytes are in memory: milliseconds of each part of it. */
  async first(names, said, photo) {
    const fetched = names.map(async (name) => [name, new Uint8Array(await (await fetch(name)).arrayBuffer())])
    const files = Object.fromEntries(await Promise.all(fetched))
    const image = { ...photo, data: Uint8Array.from(photo.data) }
    const start = performance.now()
    const model = await loadModel(names[0], { ...said, files, overwrite: true })
    const read = performance.now()
    const explainer = await loadModelExplainer(model, { engine, composite: 'paper' })
    const derived = performance.now()
    await explainBy(explainer, model, image)
    const end = performance.now()
    loaded = { model, explainer, image }
    return { read: read - start, load: derived - read, map: end - derived, all: end - start }
  },

  /** One more map, in milliseconds. */
  async map() {
    const start = performance.now()
    await explainBy(loaded.explainer, loaded.model, loaded.image)
    return performance.now() - start
  },

  release: () => loaded.explainer.release(),
}
