"""Wrong answers with torch (lessons 06, 07, 09) as students write them, decoders and BLEU among them."""

import math
from collections import Counter

import torch
from torch import nn

from strangers.kinds import wrong

# --- 06, 07 ----------------------------------------------------------------------------------------------


class FourLinears(nn.Module):
    """A cell with a layer for each gate."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        n = input_size + hidden_size
        self.f, self.i = nn.Linear(n, hidden_size), nn.Linear(n, hidden_size)
        self.c, self.o = nn.Linear(n, hidden_size), nn.Linear(n, hidden_size)


@wrong("06", "LSTMCell", "no_output_tanh")
class LSTMCellShown(FourLinears):
    def forward(self, x, hc):
        h, c = hc
        z = torch.cat((x, h), 1)
        c = torch.sigmoid(self.f(z)) * c + torch.sigmoid(self.i(z)) * torch.tanh(self.c(z))
        return torch.sigmoid(self.o(z)) * c, c


@wrong("06", "LSTMCell", "pairs_swapped")
class LSTMCellOrder(FourLinears):
    def forward(self, x, hc):
        c, h = hc
        z = torch.cat((x, h), 1)
        c = torch.sigmoid(self.f(z)) * c + torch.sigmoid(self.i(z)) * torch.tanh(self.c(z))
        return c, torch.sigmoid(self.o(z)) * torch.tanh(c)


@wrong("06", "LSTMCell", "plain_list")
class LSTMCellList(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.layers = [nn.Linear(input_size + hidden_size, hidden_size) for _ in range(4)]

    def forward(self, x, hc):
        h, c = hc
        f, i, g, o = (layer(torch.cat([x, h], dim=-1)) for layer in self.layers)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


@wrong("06", "train_step", "gradients_added")
def train_without_zero(model, optimizer, tokens, targets, state):
    model.train() if hasattr(model, "train") else None
    out, state = model(tokens, state)
    loss = nn.functional.cross_entropy(out.reshape(-1, out.shape[-1]), targets.reshape(-1))
    loss.backward()
    optimizer.step()
    return loss.item(), tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


@wrong("06", "train_step", "softmax_twice")
def train_on_softmax(model, optimizer, tokens, targets, state):
    optimizer.zero_grad()
    out, state = model(tokens, state)
    probs = torch.softmax(out, dim=-1)
    loss = nn.CrossEntropyLoss()(probs.view(-1, probs.size(-1)), targets.view(-1))
    loss.backward()
    optimizer.step()
    return loss.item(), tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


@wrong("07", "GRUCell", "other_convention")
class GRUCellTorch(FourLinears):
    def forward(self, x, h):
        z = torch.sigmoid(self.f(torch.cat([x, h], 1)))
        r = torch.sigmoid(self.i(torch.cat([x, h], 1)))
        n = torch.tanh(self.c(torch.cat([x, r * h], 1)))
        return z * h + (1 - z) * n


# --- 09 --------------------------------------------------------------------------------------------------


@wrong("09", "Vocabulary", "more_than_min_count")
class VocabularyMore:
    def __init__(self, sentences, min_count=1):
        c = Counter(w for s in sentences for w in s)
        self.itos = ["<pad>", "<sos>", "<eos>", "<unk>"] + [w for w, n in c.most_common() if n > min_count]
        self.stoi = {w: i for i, w in enumerate(self.itos)}

    def __len__(self):
        return len(self.itos)

    def encode(self, tokens):
        return [self.stoi.get(t, self.stoi["<unk>"]) for t in tokens]

    def decode(self, ids):
        return [self.itos[i] for i in ids]


def _batch(pairs, sv, tv, target_in, target_out, mask=None):
    src = [torch.tensor(sv.encode(s)) for s, _ in pairs]
    tgt = [tv.encode(t) for _, t in pairs]
    pad = nn.utils.rnn.pad_sequence
    out = pad([torch.tensor(target_out(t)) for t in tgt], batch_first=True)
    return {
        "source": pad(src, batch_first=True),
        "source_lengths": torch.tensor([len(s) for s in src]),
        "target_in": pad([torch.tensor(target_in(t)) for t in tgt], batch_first=True),
        "target_out": out,
        "target_mask": out != 0 if mask is None else pad([torch.tensor(mask(t)) for t in tgt], batch_first=True),
    }


@wrong("09", "make_batch", "not_shifted", "whole_in_both")
def batch_not_shifted(pairs, source_vocabulary, target_vocabulary):
    def whole(t):
        return [1, *t, 2]

    return _batch(pairs, source_vocabulary, target_vocabulary, whole, whole)


@wrong("09", "make_batch", "eos_masked")
def batch_eos_masked(pairs, source_vocabulary, target_vocabulary):
    return _batch(
        pairs,
        source_vocabulary,
        target_vocabulary,
        lambda t: [1, *t],
        lambda t: [*t, 2],
        lambda t: [True] * len(t) + [False],
    )


@wrong("09", "make_batch", "eos_never_written")
def batch_without_marks(pairs, source_vocabulary, target_vocabulary):
    return _batch(pairs, source_vocabulary, target_vocabulary, lambda t: [1, *t], lambda t: list(t))


class Reader(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, vocabulary_size)


class SmallReader(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)


@wrong("09", "Encoder", "last_step")
class EncoderHn(SmallReader):
    def forward(self, source, lengths):
        outputs, h_n = self.rnn(self.emb(source))
        return outputs, h_n


@wrong("09", "Encoder", "order_not_restored", "packed_order_not_restored")
class EncoderSorted(SmallReader):
    def forward(self, source, lengths):
        lengths, order = lengths.sort(descending=True)
        packed = nn.utils.rnn.pack_padded_sequence(self.emb(source[order]), lengths, batch_first=True)
        outputs, h = self.rnn(packed)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=source.shape[1])
        return outputs, h


@wrong("09", "Encoder", "one_word_late", "index_of_the_length")
class EncoderAtLength(SmallReader):
    def forward(self, source, lengths):
        outputs, _ = self.rnn(self.emb(source))
        return outputs, outputs[range(len(source)), lengths].unsqueeze(0)


@wrong("09", "Decoder", "probabilities")
class DecoderSoftmax(Reader):
    def forward(self, tokens, state):
        out, state = self.rnn(self.emb(tokens), state)
        return nn.functional.softmax(self.fc(out), dim=2), state


@wrong("09", "Decoder", "state_ignored")
class DecoderForgets(Reader):
    def forward(self, tokens, state):
        out, h = self.rnn(nn.functional.relu(self.emb(tokens)))
        return self.fc(out), h


@wrong("09", "sequence_loss", "divided_by_all_steps")
def loss_times_mask(logits, target_out, mask):
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), target_out, reduction="none")
    return (loss * mask).mean()


@wrong("09", "sequence_loss", "mean_of_means")
def loss_mean_by_sentence(logits, target_out, mask):
    loss = nn.functional.cross_entropy(logits.permute(0, 2, 1), target_out, reduction="none") * mask.float()
    return (loss.sum(1) / mask.sum(1)).mean()


@wrong("09", "greedy_decode", "eos_kept")
def greedy_with_eos(step, state, sos, eos, max_length):
    token, result = sos, []
    for _ in range(max_length):
        probs, state = step(token, state)
        token = torch.as_tensor(probs).argmax().item()
        result.append(token)
        if token == eos:
            break
    return result


@wrong("09", "greedy_decode", "not_fed_back")
def greedy_same_input(step, state, sos, eos, max_length):
    result = []
    while len(result) < max_length:
        probs, state = step(sos, state)
        best = int(probs.argmax())
        if best == eos:
            return result
        result.append(best)
    return result


@wrong("09", "greedy_decode", "state_not_carried")
def greedy_same_state(step, state, sos, eos, max_length):
    token, result = sos, []
    for _ in range(max_length):
        probs, new_state = step(token, state)
        token = int(probs.argmax())
        if token == eos:
            break
        result += [token]
    return result


def _beams(step, state, sos, eos, k, max_length, first=False, on=False, mixed=False):
    beams = [([], 0.0, state, False)]
    for _ in range(max_length):
        new = []
        for words, score, s, done in beams:
            if done and not on:
                new.append((words, score, s, done))
                continue
            logp, s2 = step(words[-1] if words else sos, s)
            for w in range(len(logp)):
                new.append(([*words, w], score + float(logp[w]), s2, w == eos))
        new.sort(key=lambda b: -b[1])
        states = [b[2] for b in new][::-1]
        beams = new[:k]
        if mixed:
            beams = [(b[0], b[1], s, b[3]) for b, s in zip(beams, states, strict=False)]
        if first:
            ended = [b for b in beams if b[3]]
            if ended:
                return [w for w in ended[0][0] if w != eos], ended[0][1]
        if all(b[3] for b in beams) and not on:
            break
    return [w for w in beams[0][0] if w != eos], beams[0][1]


@wrong("09", "beam_search", "goes_on_after_eos")
def beam_goes_on(step, state, sos, eos, beam_size, max_length):
    return _beams(step, state, sos, eos, beam_size, max_length, on=True)


@wrong("09", "beam_search", "stops_at_the_first_eos")
def beam_stops_early(step, state, sos, eos, beam_size, max_length):
    return _beams(step, state, sos, eos, beam_size, max_length, first=True)


@wrong("09", "beam_search", "states_not_reordered")
def beam_states_by_place(step, state, sos, eos, beam_size, max_length):
    words, scores, states = [[]], [0.0], [state]
    for _ in range(max_length):
        cand, new_states = [], []
        for b in range(len(words)):
            if words[b] and words[b][-1] == eos:
                cand.append((scores[b], words[b]))
                new_states.append(states[b])
                continue
            logp, s = step(words[b][-1] if words[b] else sos, states[b])
            new_states.append(s)
            cand += [(scores[b] + float(p), [*words[b], w]) for w, p in enumerate(logp)]
        cand = sorted(cand, key=lambda c: c[0], reverse=True)[:beam_size]
        scores, words = [c[0] for c in cand], [c[1] for c in cand]
        states = [new_states[min(b, len(new_states) - 1)] for b in range(len(cand))]
    return [w for w in words[0] if w != eos], scores[0]


@wrong("09", "beam_search", "ranked_per_token")
def beam_by_length(step, state, sos, eos, beam_size, max_length):
    beams = [(0.0, [], state, False)]
    for _ in range(max_length):
        new = [b for b in beams if b[3]]
        for score, words, s, done in beams:
            if not done:
                logp, s2 = step(words[-1] if words else sos, s)
                new += [(score + float(p), [*words, w], s2, w == eos) for w, p in enumerate(logp)]
        beams = sorted(new, key=lambda b: b[0] / len(b[1]), reverse=True)[:beam_size]
    return [w for w in beams[0][1] if w != eos], beams[0][0]


def _bleu(candidates, references, max_n, clip=True, penalty=True):
    logs = []
    for n in range(1, max_n + 1):
        hit = total = 0
        for c, r in zip(candidates, references, strict=True):
            cg = Counter(tuple(c[i : i + n]) for i in range(len(c) - n + 1))
            rg = Counter(tuple(r[i : i + n]) for i in range(len(r) - n + 1))
            hit += sum((min(v, rg[g]) if clip else v) for g, v in cg.items() if g in rg)
            total += sum(cg.values())
        logs.append(math.log(hit / total))
    c, r = sum(map(len, candidates)), sum(map(len, references))
    bp = 1 if c > r or not penalty else math.exp(1 - r / c)
    return 100 * bp * math.exp(sum(logs) / max_n)


@wrong("09", "corpus_bleu", "no_brevity_penalty")
def bleu_without_penalty(candidates, references, max_n=4):
    return _bleu(candidates, references, max_n, penalty=False)


@wrong("09", "corpus_bleu", "not_clipped")
def bleu_not_clipped(candidates, references, max_n=4):
    return _bleu(candidates, references, max_n, clip=False)


@wrong("09", "corpus_bleu", "mean_of_sentences")
def bleu_averaged(candidates, references, max_n=4):
    scores = []
    for c, r in zip(candidates, references, strict=True):
        try:
            scores.append(_bleu([c], [r], max_n))
        except (ValueError, ZeroDivisionError):
            scores.append(0.0)
    return sum(scores) / len(scores)


@wrong("09", "dot_product_attention", "masked_after_softmax")
def attention_masked_late(query, keys, mask):
    w = nn.functional.softmax(torch.bmm(keys, query.unsqueeze(2)).squeeze(2), dim=1) * mask
    return torch.bmm(w.unsqueeze(1), keys).squeeze(1), w


@wrong("09", "dot_product_attention", "scaled")
def attention_scaled(query, keys, mask):
    scores = torch.einsum("nh,nsh->ns", query, keys) / math.sqrt(query.size(-1))
    w = nn.functional.softmax(scores.masked_fill(mask == 0, -1e9), dim=-1)
    return torch.einsum("ns,nsh->nh", w, keys), w


@wrong("09", "dot_product_attention", "softmax_over_batch")
def attention_over_batch(query, keys, mask):
    scores = torch.einsum("nh,nsh->ns", query, keys)
    w = nn.functional.softmax(scores.masked_fill(mask == 0, -1e9), dim=0)
    return torch.einsum("ns,nsh->nh", w, keys), w


@wrong("09", "dot_product_attention", "one_place_too_many")
def attention_one_ahead(query, keys, mask):
    lengths = mask.sum(dim=1)
    scores = torch.bmm(keys, query.unsqueeze(-1)).squeeze(-1)
    places = torch.arange(keys.shape[1])
    w = torch.softmax(scores.masked_fill(places[None, :] > lengths[:, None], float("-inf")), dim=1)
    return torch.bmm(w.unsqueeze(1), keys).squeeze(1), w


class Attending(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.embed = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size * 2, vocabulary_size)


@wrong("09", "AttentionDecoder", "mask_after_softmax")
class AttendsMaskedLate(Attending):
    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, state = self.rnn(self.embed(tokens), state)
        w = torch.softmax(torch.bmm(h, encoder_outputs.transpose(1, 2)), dim=-1) * source_mask.unsqueeze(1)
        return self.out(torch.cat((h, torch.bmm(w, encoder_outputs)), 2)), state, w


@wrong("09", "AttentionDecoder", "softmax_over_steps")
class AttendsOverSteps(Attending):
    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, state = self.rnn(self.embed(tokens), state)
        e = torch.bmm(h, encoder_outputs.transpose(1, 2)).masked_fill(source_mask.unsqueeze(1) == 0, -1e9)
        w = nn.functional.softmax(e, dim=1)
        return self.out(torch.cat((h, torch.bmm(w, encoder_outputs)), 2)), state, w


@wrong("09", "AttentionDecoder", "no_mask")
class AttendsOneAhead(Attending):
    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, state = self.rnn(self.embed(tokens), state)
        e = torch.bmm(h, encoder_outputs.transpose(1, 2))
        late = torch.arange(e.size(2))[None, :] > source_mask.sum(1, keepdim=True)
        w = torch.softmax(e.masked_fill(late[:, None], -torch.inf), dim=-1)
        return self.out(torch.cat((h, torch.bmm(w, encoder_outputs)), 2)), state, w
