import { decodePhoto, explain, loadEngine, loadModel } from 'regard'

const bytesOf = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer())

/** The bytes of numbers, as text: millions of them take long as a list. */
function base64Of(numbers) {
  const reader = new FileReader()
  reader.readAsDataURL(new Blob([numbers]))
  return new Promise((resolve) => {
    reader.onload = () => resolve(reader.result.replace(/^.*,/s, ''))
  })
}

window.page = {
  /**
   * Explain a photo by a model that is in memory.
   *
   * @param files names of the files that make up the model, its own first
   * @param options of loadModel, of loadEngine and of explain
   * @returns the relevance, and the photo's pixels as this browser reads them
   */
  async explain(files, photo, { model: said, engine: place, how }) {
    const bytes = await Promise.all(files.map(async (name) => [name, await bytesOf(name)]))
    const model = await loadModel(files[0], { ...said, files: Object.fromEntries(bytes) })
    const engine = await loadEngine(place)
    const image = await decodePhoto(await bytesOf(photo))
    const { relevance, name } = await explain(model, image, { ...how, engine })
    return {
      device: engine.device,
      threads: engine.threads,
      name,
      relevance: await base64Of(relevance.data),
      pixels: await base64Of(image.data),
    }
  },
}
