/** The demo sign-ins fill the form; the reader still presses the button. */

for (const row of document.querySelectorAll(".demo-rows button")) {
  row.addEventListener("click", () => {
    document.getElementById("username").value = row.dataset.username;
    document.getElementById("password").value = row.dataset.password;
    document.querySelector("form button.main").focus();
  });
}
