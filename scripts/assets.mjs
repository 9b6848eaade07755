// Puts the style sheets, fonts and scripts of the npm packages and our own sources in imidesk/static/build/.
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MODULES = path.join(ROOT, "node_modules");
const SOURCES = path.join(ROOT, "imidesk", "assets");
const BUILD = path.join(ROOT, "imidesk", "static", "build");

const COMPONENTS = [
  "@utrecht/alert-css/dist/index.css",
  "@utrecht/button-css/dist/index.css",
  "@utrecht/checkbox-css/dist/index.css",
  "@utrecht/form-field-css/dist/index.css",
  "@utrecht/form-field-description-css/dist/index.css",
  "@utrecht/form-field-error-message-css/dist/index.css",
  "@utrecht/form-fieldset-css/dist/index.css",
  "@utrecht/form-label-css/dist/index.css",
  "@utrecht/radio-button-css/dist/index.css",
  "@utrecht/select-css/dist/index.css",
  "@utrecht/table-css/dist/index.css",
  "@utrecht/textarea-css/dist/index.css",
  "@utrecht/textbox-css/dist/index.css",
  "@nl-design-system-candidate/data-badge-css/dist/data-badge.css",
  "@nl-design-system-candidate/skip-link-css/dist/skip-link.css",
];
const THEME = "@nl-design-system-unstable/voorbeeld-design-tokens/dist/theme.css";
const FONTS = [
  {
    package: "@fontsource/source-sans-3",
    sheets: ["400.css", "400-italic.css", "600.css", "700.css"],
    subsets: ["latin", "latin-ext", "greek", "greek-ext", "cyrillic", "cyrillic-ext"],
  },
  { package: "@fontsource/noto-sans-hebrew", sheets: ["400.css", "700.css"], subsets: ["hebrew"] },
  { package: "@fontsource/vazirmatn", sheets: ["400.css", "600.css", "700.css"], subsets: ["arabic"] },
];
// The end report's PDF takes whole fonts: a subset without Greek would put DejaVu in it.
const PDF_FONTS = ["SourceSans3-Regular.ttf", "SourceSans3-Semibold.ttf"];
const LICENCES = [
  ["@utrecht/component-library-css/LICENSE.md", "nl-design-system.md"],
  ["@fontsource/source-sans-3/LICENSE", "source-sans-3.txt"],
  ["@fontsource/noto-sans-hebrew/LICENSE", "noto-sans-hebrew.txt"],
  ["@fontsource/vazirmatn/LICENSE", "vazirmatn.txt"],
  ["htmx.org/LICENSE", "htmx.txt"],
];

// A source map that is not there makes collectstatic with manifest storage fail.
const withoutSourceMap = (text) =>
  text.replace(/\/\*[#@]\s*sourceMappingURL=[^*]*\*\//g, "").replace(/^\/\/[#@]\s*sourceMappingURL=.*$/gm, "");

const fromPackage = (name) => readFile(path.join(MODULES, name), "utf8");

function customPropertiesOf(theme) {
  const values = new Map();
  for (const [, name, value] of theme.matchAll(/^\s*(--[\w-]+):\s*([^;]+);/gm)) values.set(name, value);
  return values;
}

const namesIn = (text) => [...text.matchAll(/var\(\s*(--[\w-]+)/g)].map((match) => match[1]);

// Only the tokens that the components and our own sheets reach: a twentieth of the theme.
function tokens(values, sheets) {
  const wanted = new Set();
  const queue = namesIn(sheets);
  while (queue.length > 0) {
    const name = queue.pop();
    if (wanted.has(name) || !values.has(name)) continue;
    wanted.add(name);
    queue.push(...namesIn(values.get(name)));
  }
  return `:root {\n${[...wanted].sort().map((name) => `  ${name}: ${values.get(name)};`).join("\n")}\n}\n`;
}

async function fonts() {
  const faces = [];
  for (const family of FONTS) {
    for (const sheet of family.sheets) {
      const text = await fromPackage(`${family.package}/${sheet}`);
      for (const [face, file] of text.matchAll(/@font-face\s*{[^}]*url\(\.\/files\/([\w.-]+\.woff2)\)[^}]*}/g)) {
        const base = path.basename(family.package);
        const subset = file.slice(base.length + 1).replace(/-\d+-(normal|italic)\.woff2$/, "");
        if (!family.subsets.includes(subset)) continue;
        faces.push(face.replace(/src:[^;]+;/, `src: url("../fonts/${file}") format("woff2");`));
        await cp(path.join(MODULES, family.package, "files", file), path.join(BUILD, "fonts", file));
      }
    }
  }
  return `${faces.join("\n")}\n`;
}

await rm(BUILD, { recursive: true, force: true });
for (const folder of ["css", "fonts", "img", "js", "licences"]) await mkdir(path.join(BUILD, folder), { recursive: true });
await cp(SOURCES, BUILD, { recursive: true });

const own = await Promise.all(
  (await readdir(path.join(SOURCES, "css"))).map((name) => readFile(path.join(SOURCES, "css", name), "utf8")),
);
const components = withoutSourceMap((await Promise.all(COMPONENTS.map(fromPackage))).join("\n"));
const theme = tokens(customPropertiesOf(await fromPackage(THEME)), components + own.join("\n"));
await writeFile(path.join(BUILD, "css", "nl-design-system.css"), theme + components);
await writeFile(path.join(BUILD, "css", "fonts.css"), await fonts());
await writeFile(path.join(BUILD, "js", "htmx.min.js"), withoutSourceMap(await fromPackage("htmx.org/dist/htmx.min.js")));
for (const name of PDF_FONTS) {
  await cp(path.join(MODULES, "source-sans/TTF", name), path.join(BUILD, "fonts", name));
}
for (const [source, name] of LICENCES) await cp(path.join(MODULES, source), path.join(BUILD, "licences", name));
