/**
 * Benchmarks, side by side with what a user would pick instead.
 *
 *   npm run bench               all of them
 *   npm run bench -- training   one
 *
 * PyTorch comes from Debian: apt-get install python3-torch libopenblas0-pthread. Where it is missing, only our
 * own figures are printed. Each benchmark prints medians over rounds in which the two take turns, since a
 * machine's speed drifts.
 */

const benchmarks = ['training', 'scoring', 'relevance', 'faces', 'queue']
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !benchmarks.includes(name))
if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(', ')}; choose from ${benchmarks.join(', ')}`)
  process.exit(2)
}
for (const name of wanted.length > 0 ? wanted : benchmarks) await import(`./${name}.js`)
