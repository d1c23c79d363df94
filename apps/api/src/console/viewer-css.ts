/** The look of the viewer page: contrast of 7:1 and more, one column that fits a phone. */
export const VIEWER_CSS = `:root {
  color-scheme: dark;
  --ground: #14171c;
  --raised: #232831;
  --line: #77808f;
  --text: #f2f4f7;
  --quiet: #c3cad5;
  --accent: #8ec5ff;
  --fault: #ffb4a8;
}
* {
  box-sizing: border-box;
}
[hidden] {
  display: none !important;
}
body {
  margin: 0;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
main {
  display: flex;
  flex-direction: column;
  gap: 0.5rem;
  min-height: 100vh;
  min-height: 100dvh;
  padding: 0.75rem;
}
header {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  justify-content: space-between;
  gap: 0 1rem;
}
h1 {
  margin: 0;
  font-size: 1.25rem;
  overflow-wrap: anywhere;
}
h2 {
  margin: 0;
  font-size: 1.1rem;
}
p {
  margin: 0;
}
.state {
  display: flex;
  flex-wrap: wrap;
  gap: 0 1rem;
}
#detail,
#access,
#keys,
#token-help {
  color: var(--quiet);
}
.fault {
  color: var(--fault);
}
form {
  display: flex;
  flex-direction: column;
  gap: 0.5rem;
  max-width: 32rem;
  padding: 1rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
}
input,
button {
  min-height: 2.75rem;
  padding: 0.4rem 0.9rem;
  border: 1px solid var(--line);
  border-radius: 0.4rem;
  background: var(--raised);
  color: var(--text);
  font: inherit;
}
button {
  cursor: pointer;
}
button:disabled {
  cursor: wait;
  color: var(--quiet);
}
:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}
.buttons {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
}
#notice:empty,
#access:empty {
  display: none;
}
video {
  flex: 1 1 auto;
  width: 100%;
  height: 50vh;
  min-height: 12rem;
  background: #000;
  object-fit: contain;
}
video:focus {
  outline: 3px solid var(--accent);
}
[data-state='signed-out'] video,
[data-state='signed-out'] #sound {
  display: none;
}
[data-role='control'] video {
  touch-action: none;
}
[data-state='unstable'] video,
[data-state='reconnecting'] video {
  opacity: 0.6;
}
kbd {
  padding: 0 0.3em;
  border: 1px solid var(--line);
  border-radius: 0.25em;
  font: inherit;
}
summary {
  min-height: 2.75rem;
  padding: 0.5rem 0;
  cursor: pointer;
}
dl {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr));
  gap: 0.5rem 1rem;
  margin: 0;
}
dt {
  color: var(--quiet);
  font-size: 0.875rem;
}
dd {
  margin: 0;
  font-variant-numeric: tabular-nums;
}
@media (prefers-reduced-motion: no-preference) {
  video {
    transition: opacity 0.2s;
  }
}
`;
