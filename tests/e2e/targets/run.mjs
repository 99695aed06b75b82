// Runs a program for WASI, or prints what the function `jars` of a library returns.
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const wasi = new WASI({ version: "preview1" });
const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]), wasi.getImportObject());
if (instance.exports.jars) {
    console.log(instance.exports.jars(2));
} else {
    wasi.start(instance);
}
