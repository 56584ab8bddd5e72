// The engine shacl-engine of npm. Run as: node shacl_engine.mjs FOLDER DATA.nt SHAPES.ttl FOUND.tsv,
// where FOLDER holds node_modules with shacl-engine, n3 and rdf-ext.
import { createReadStream, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [folder, dataFile, shapesFile, out] = process.argv.slice(2)
const here = createRequire(`${folder}/package.json`)
const load = async name => import(pathToFileURL(here.resolve(name)))

const { default: rdf } = await load('rdf-ext')
const { Validator } = await load('shacl-engine')
const { validations } = await load('shacl-engine/sparql.js')
const { StreamParser } = await load('n3')

async function read (file, format) {
  const dataset = rdf.dataset()
  const parser = createReadStream(file).pipe(new StreamParser({ format, factory: rdf }))
  for await (const quad of parser) dataset.add(quad)
  return dataset
}

const shapes = await read(shapesFile, 'text/turtle')
const dataset = await read(dataFile, 'application/n-triples')
const report = await new Validator(shapes, { factory: rdf, validations }).validate({ dataset })
const lines = report.results.map(result => [
  result.focusNode?.term?.value ?? '',
  result.constraintComponent?.value ?? '',
  result.value?.term?.value ?? ''
].map(text => text.replaceAll('\n', ' ')).join('\t'))
writeFileSync(out, lines.map(line => `${line}\n`).join(''))
