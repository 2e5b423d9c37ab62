/** The oldest Node that Scion runs on, as package.json's `engines` says. Written so that much older Nodes can still read it. */
const oldest = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(
    `Scion needs Node ${oldest.join('.')} or later; this is Node ${process.versions.node}. Get a newer one from nodejs.org.`,
  );
  process.exit(1);
}
