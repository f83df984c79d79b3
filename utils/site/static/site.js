// Two things: the score of a quiz, and the figure of the first page. Without this script a page still says all.
"use strict";

// --- quiz: the first choice of each question counts -------------------------------------------------------

function keepScore(quiz) {
  const questions = [...quiz.querySelectorAll(".question")];
  const row = document.createElement("p");
  row.className = "score";
  const told = document.createElement("span");
  told.setAttribute("role", "status");
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Start again";
  row.append(told, again);
  quiz.append(row);
  const first = new Map(); // question -> was its first choice right?

  function tell() {
    const right = [...first.values()].filter(Boolean).length;
    const left = questions.length - first.size;
    told.textContent = first.size === 0 ? "" : `${right} of ${first.size} right at the first choice`
      + (left ? `, ${left} to go` : "");
    row.hidden = first.size === 0;
  }

  for (const question of questions) {
    for (const choice of question.querySelectorAll(".choice")) {
      choice.addEventListener("toggle", () => {
        if (choice.open && !first.has(question)) {
          first.set(question, choice.classList.contains("right"));
          tell();
        }
      });
    }
  }
  again.addEventListener("click", () => {
    quiz.querySelectorAll(".choice").forEach((choice) => { choice.open = false; });
    first.clear();
    tell();
    questions[0].querySelector("summary").focus();
  });
  tell();
}

// --- figure: how much of a change of the state is left after t steps ---------------------------------------

const STEPS = 40, LEFT = 62, TOP = 12, WIDTH = 560, HEIGHT = 210;

// of one unit h = tanh(w h), which begins at 0.5: the derivative of its state by the first one
function leftInRnn(w) {
  const left = [1];
  for (let t = 1, h = 0.5; t <= STEPS; t += 1) {
    h = Math.tanh(w * h);
    left.push(left[t - 1] * w * (1 - h * h));
  }
  return left;
}

// of the cell state of an LSTM, along its direct path: the forget gate multiplied with itself
function leftInLstm(f) {
  return Array.from({ length: STEPS + 1 }, (_, t) => f ** t);
}

function path(left) {
  const points = left.map((y, t) => `${LEFT + (t * WIDTH) / STEPS},${TOP + HEIGHT * (1 - Math.min(y, 1.02))}`);
  return `M${points.join("L")}`;
}

function percent(share) {
  return share >= 0.1 ? `${Math.round(100 * share)}%` : `${(100 * share).toPrecision(1)}%`;
}

function playWith(figure) {
  const [weight, gate] = figure.querySelectorAll("input");
  const told = figure.querySelector("output");
  function draw() {
    const rnn = leftInRnn(Number(weight.value)), lstm = leftInLstm(Number(gate.value));
    figure.querySelector(".rnn.curve").setAttribute("d", path(rnn));
    figure.querySelector(".lstm.curve").setAttribute("d", path(lstm));
    weight.previousElementSibling.querySelector("b").textContent = Number(weight.value).toFixed(2);
    gate.previousElementSibling.querySelector("b").textContent = Number(gate.value).toFixed(3);
    told.textContent = `After ${STEPS} steps the simple unit has kept ${percent(rnn[STEPS])} of the change, `
      + `the LSTM's cell ${percent(lstm[STEPS])}.`;
  }
  weight.addEventListener("input", draw);
  gate.addEventListener("input", draw);
  figure.hidden = false;
  document.querySelectorAll(".still").forEach((said) => said.remove());
  draw();
}

document.querySelectorAll(".quiz").forEach(keepScore);
document.querySelectorAll(".memory").forEach(playWith);
