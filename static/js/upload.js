// Sending one file: with progress, and with a sentence for everything that can go wrong on the way.
(function () {
  "use strict";
  // A line that carries nothing for so long is cut, whatever the browser still hopes.
  const SILENT_MS = 60000;
  const ANSWER_MS = 180000;
  const MAX_BYTES = 50000000;

  /**
   * Send `file` to `url`. Answers {request, done}: `request.abort()` gives up, `done` resolves to
   * {status, answer}, never rejects. Status 0: the connection was cut.
   */
  const send = ({ url, file, fields, token, onProgress }) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields || {})) body.append(name, value);
    body.append("csrf_token", token);
    body.append("file", file, file.name || "anh.png");
    const request = new XMLHttpRequest();
    const done = new Promise((resolve) => {
      let patience = 0;
      const wait = (ms) => { clearTimeout(patience); patience = setTimeout(() => request.abort(), ms); };
      request.open("POST", url);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRFToken", token);
      request.upload.onprogress = (event) => {
        wait(SILENT_MS);
        if (event.lengthComputable && onProgress) onProgress(event.loaded / event.total);
      };
      request.upload.onload = () => wait(ANSWER_MS);
      request.onloadend = () => {
        clearTimeout(patience);
        let answer = null;
        try { answer = JSON.parse(request.responseText); } catch (error) { /* not from us, or nothing came */ }
        resolve({ status: request.status, answer: answer || {} });
      };
      wait(SILENT_MS);
      request.send(body);
    });
    return { request, done };
  };

  /** What to tell about an answer that is no success; the file is named, since there may be several. */
  const sentence = ({ status, answer }, file) => {
    const name = `“${file.name || "ảnh vừa dán"}”`;
    if (status === 401) return `Phiên đăng nhập đã hết nên ${name} chưa được tải lên. Hãy đăng nhập lại ở thẻ khác rồi bấm “Thử lại”.`;
    if (status === 0) return `Mất kết nối nên ${name} chưa được tải lên. Tệp vẫn ở đây, chữ đã gõ vẫn còn; khi có mạng hãy bấm “Thử lại”.`;
    if (status === 413) return `${name} quá lớn nên chưa được tải lên. Ảnh phải dưới 15 MB, tệp dưới 50 MB.`;
    if (answer.error) return answer.error;
    return `Máy chủ đang gặp sự cố nên ${name} chưa được tải lên. Hãy bấm “Thử lại” sau ít phút.`;
  };

  /** Whether sending the same file once more may go better. */
  const mayRetry = ({ status }) => status === 0 || status === 401 || status === 400 || status === 429 || status >= 500;

  /** Why a file need not even be sent, or "". */
  const tooLarge = (file) =>
    file.size > MAX_BYTES ? `“${file.name}” nặng ${Math.round(file.size / 1e6)} MB, quá 50 MB. Hãy giảm dung lượng hoặc tách thành nhiều tệp.` : "";

  window.deskUpload = { send, sentence, mayRetry, tooLarge };
})();
