/**
 * The viewer page. It is the same for every session, holds nothing of any, and has no script or style in it. What it loads is named
 * from where it is, behind any prefix of a proxy.
 */
export const VIEWER_HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex" />
    <title>Desktop – Helix</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="../assets/viewer.css" />
    <script type="module" src="../assets/main.js"></script>
  </head>
  <body>
    <main id="main" data-state="connecting" data-frames-decoded="0" data-attempts="0">
      <header>
        <h1 id="title">Desktop</h1>
        <div class="state">
          <p id="status" role="status">Loading …</p>
          <p id="detail"></p>
        </div>
      </header>
      <noscript><p>This page needs JavaScript.</p></noscript>
      <form id="sign-in" aria-labelledby="sign-in-title" hidden>
        <h2 id="sign-in-title">Sign in</h2>
        <p id="token-help">Sign in to Helix in this browser and load this page again, or paste an API key. This tab alone keeps it.</p>
        <label for="token">API key</label>
        <input id="token" type="password" autocomplete="off" spellcheck="false" required aria-describedby="token-help token-fault" />
        <p id="token-fault" class="fault" role="alert" hidden>This cannot be a key.</p>
        <button type="submit">Sign in</button>
      </form>
      <div class="buttons" role="group" aria-label="Desktop">
        <button id="begin" type="button" hidden>Connect again</button>
        <button id="sound" type="button">Turn sound on</button>
        <button id="lock" type="button" hidden>Give the mouse to the desktop</button>
        <button id="copy" type="button" hidden>Copy from the desktop</button>
        <button id="paste" type="button" hidden>Paste to the desktop</button>
        <button id="forget" type="button" hidden>Forget the key</button>
      </div>
      <p id="notice" role="status"></p>
      <video id="desktop" tabindex="0" aria-label="Desktop" aria-describedby="access keys" muted autoplay playsinline></video>
      <p id="access"></p>
      <p id="keys" hidden>
        While the picture has the focus, keyboard and mouse are the desktop’s.
        <kbd>Ctrl</kbd> + <kbd>Alt</kbd> + <kbd>Shift</kbd> + <kbd>Q</kbd> gives the keyboard back.
      </p>
      <details>
        <summary>Statistics</summary>
        <dl id="statistics">
          <div><dt>Frames decoded</dt><dd data-of="frames">–</dd></div>
          <div><dt>Frames per second</dt><dd data-of="fps">–</dd></div>
          <div><dt>Frames dropped</dt><dd data-of="dropped">–</dd></div>
          <div><dt>Bit rate</dt><dd data-of="bitrate">–</dd></div>
          <div><dt>Round trip</dt><dd data-of="round-trip">–</dd></div>
          <div><dt>Codec</dt><dd data-of="codec">–</dd></div>
          <div><dt>Resolution</dt><dd data-of="resolution">–</dd></div>
          <div><dt>Connection attempts</dt><dd id="attempts">0</dd></div>
        </dl>
      </details>
    </main>
  </body>
</html>
`;
