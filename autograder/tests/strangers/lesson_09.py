"""Answers to lesson 09 by readers who had not seen its known mistakes: wrong ones, each with the hints that
would be right, and right ones of an unusual form."""

import heapq
import math
import operator
from collections import Counter

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from strangers.kinds import right, wrong


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


class Attending(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.embed = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size * 2, vocabulary_size)


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


@wrong("09", "make_batch", "eos_on_the_source")
def batch_eos_source(pairs, source_vocabulary, target_vocabulary):
    pad = nn.utils.rnn.pad_sequence
    src = [torch.tensor([*source_vocabulary.encode(s), 2]) for s, _ in pairs]
    tgt = [target_vocabulary.encode(t) for _, t in pairs]
    out = pad([torch.tensor([*t, 2]) for t in tgt], batch_first=True, padding_value=0)
    return {
        "source": pad(src, batch_first=True),
        "source_lengths": torch.tensor([len(s) for s in src]),
        "target_in": pad([torch.tensor([1, *t]) for t in tgt], batch_first=True),
        "target_out": out,
        "target_mask": out.ne(0),
    }


@wrong("09", "greedy_decode", "never_ends")
def greedy_to_the_end(step, state, sos, eos, max_length):
    out, w = [], sos
    for _ in range(max_length):
        p, state = step(w, state)
        w = int(p.argmax())
        out.append(w)
    return out


@wrong("09", "beam_search", "greedy")
def beam_of_one(step, state, sos, eos, beam_size, max_length):
    out, w, total = [], sos, 0.0
    for _ in range(max_length):
        p, state = step(w, state)
        w = int(p.argmax())
        total += float(p[w])
        if w == eos:
            break
        out.append(w)
    return out, total


@wrong("09", "sequence_loss", "no_mask")
def loss_unmasked(logits, target_out, mask):
    return nn.CrossEntropyLoss()(logits.reshape(-1, logits.size(-1)), target_out.reshape(-1))


@wrong("09", "dot_product_attention", "no_mask")
def attention_without_mask(query, keys, mask):
    w = torch.softmax((keys * query[:, None]).sum(-1), -1)
    return (w[..., None] * keys).sum(1), w


@wrong("09", "dot_product_attention", "mask_inverted")
def attention_inverted(query, keys, mask):
    w = torch.softmax((keys * query[:, None]).sum(-1).masked_fill(mask, -1e9), -1)
    return (w[..., None] * keys).sum(1), w


@wrong("09", "AttentionDecoder", "context_unused")
class AttendsForNothing(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.e = nn.Embedding(vocabulary_size, embedding_size)
        self.g = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.o = nn.Linear(hidden_size, vocabulary_size)

    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, state = self.g(self.e(tokens), state)
        scores = (h @ encoder_outputs.mT).masked_fill(~source_mask[:, None], float("-inf"))
        return self.o(h), state, scores.softmax(-1)


@wrong("09", "corpus_bleu", "recall")
def bleu_by_recall(candidates, references, max_n=4):
    logs = []
    for n in range(1, max_n + 1):
        hit = total = 0
        for c, r in zip(candidates, references, strict=True):
            cg, rg = (Counter(zip(*(s[i:] for i in range(n)), strict=False)) for s in (c, r))
            hit, total = hit + sum((cg & rg).values()), total + sum(rg.values())
        if hit == 0:
            return 0.0
        logs.append(math.log(hit / total) / max_n)
    c, r = sum(map(len, candidates)), sum(map(len, references))
    return 100 * math.exp(sum(logs)) * (1 if c >= r else math.exp(1 - r / c))


@wrong("09", "corpus_bleu", "penalty_is_a_ratio")
def bleu_ratio(candidates, references, max_n=4):
    logs = 0.0
    for n in range(1, max_n + 1):
        hit = total = 0
        for c, r in zip(candidates, references, strict=True):
            cg, rg = (Counter(zip(*(s[i:] for i in range(n)), strict=False)) for s in (c, r))
            hit, total = hit + sum((cg & rg).values()), total + sum(cg.values())
        logs += math.log(hit / total) / max_n
    c, r = sum(map(len, candidates)), sum(map(len, references))
    return 100 * math.exp(logs) * min(1, c / r)


@wrong("09", "greedy_decode", "drawn", "sampled")
def greedy_draws(step, state, sos, eos, max_length):
    w, out = sos, []
    for _ in range(max_length):
        p, state = step(w, state)
        q = np.exp(np.asarray(p, dtype=float))
        w = int(np.random.default_rng(0).choice(len(q), p=q / q.sum()))
        if w == eos:
            break
        out.append(w)
    return out


@wrong("09", "beam_search", "probabilities_added", "scores_not_added", "last_score_only")
def beam_last_score(step, state, sos, eos, beam_size, max_length):
    beam = [(0.0, [], state, False)]
    for _ in range(max_length):
        new = [b for b in beam if b[3]]
        for _, words, s, done in beam:
            if not done:
                p, s2 = step(words[-1] if words else sos, s)
                new += [(float(v), [*words, i], s2, i == eos) for i, v in enumerate(p)]
        beam = sorted(new, key=lambda b: -b[0])[:beam_size]
    return [w for w in beam[0][1] if w != eos], beam[0][0]


@wrong("09", "Encoder", "mean_of_states", "mean_of_all_steps")
class EncoderAveraged(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)

    def forward(self, source, lengths):
        out, _ = self.rnn(self.emb(source))
        return out, out.mean(dim=1).unsqueeze(0)


@wrong("09", "Decoder", "log_probabilities", "probabilities")
class DecoderLogSoftmax(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.emb = nn.Embedding(vocabulary_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, vocabulary_size)

    def forward(self, tokens, state):
        out, state = self.rnn(self.emb(tokens), state)
        return torch.softmax(self.fc(out), 1), state


@wrong("09", "sequence_loss", "sum")
def loss_summed(logits, target_out, mask):
    loss = nn.functional.cross_entropy(logits.transpose(1, 2), target_out, reduction="none")
    return loss[mask].sum()


@wrong("09", "dot_product_attention", "multiplied_before_softmax", "score_of_zero")
def attention_zero_scores(query, keys, mask):
    scores = (keys @ query.unsqueeze(2)).squeeze(2) * mask
    w = scores.softmax(1)
    return (w.unsqueeze(1) @ keys).squeeze(1), w


@wrong("09", "AttentionDecoder", "uniform")
class AttendsEverywhere(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, hidden_size):
        super().__init__()
        self.e = nn.Embedding(vocabulary_size, embedding_size)
        self.g = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.o = nn.Linear(2 * hidden_size, vocabulary_size)

    def forward(self, tokens, state, encoder_outputs, source_mask):
        h, state = self.g(self.e(tokens), state)
        w = source_mask.float() / source_mask.sum(1, keepdim=True)
        w = w[:, None].expand(-1, tokens.shape[1], -1)
        return self.o(torch.cat([h, w @ encoder_outputs], -1)), state, w


@wrong("09", "corpus_bleu", "penalty_for_length")
def bleu_brevity_inverted(candidates, references, max_n=4):
    logs = []
    for n in range(1, max_n + 1):
        hit = total = 0
        for c, r in zip(candidates, references, strict=True):
            a = Counter(tuple(c[i : i + n]) for i in range(len(c) - n + 1))
            b = Counter(tuple(r[i : i + n]) for i in range(len(r) - n + 1))
            hit += sum((a & b).values())
            total += sum(a.values())
        if hit == 0:
            return 0.0
        logs.append(math.log(hit / total))
    c, r = sum(map(len, candidates)), sum(map(len, references))
    bp = 1.0 if c < r else math.exp(1 - c / r)
    return 100 * bp * math.exp(sum(logs) / max_n)


@wrong("09", "greedy_decode", "eos_kept")
def greedy_keeps_eos(step, state, sos, eos, max_length):
    out, token = [], sos
    for _ in range(max_length):
        logp, state = step(token, state)
        token = int(logp.argmax())
        out.append(token)
        if token == eos:
            break
    return out


@wrong("09", "greedy_decode", "not_fed_back")
def greedy_always_sos(step, state, sos, eos, max_length):
    out = []
    for _ in range(max_length):
        logp, state = step(sos, state)
        token = int(logp.argmax())
        if token == eos:
            break
        out.append(token)
    return out


@wrong("09", "make_batch", "whole_in_both")
def batch_sos_kept_in_target(pairs, source_vocabulary, target_vocabulary):
    src = [torch.tensor(source_vocabulary.encode(s)) for s, _ in pairs]
    tgt = [torch.tensor([1, *target_vocabulary.encode(t), 2]) for _, t in pairs]
    full = pad_sequence(tgt, batch_first=True)
    return {
        "source": pad_sequence(src, batch_first=True),
        "source_lengths": torch.tensor([len(s) for s in src]),
        "target_in": full,
        "target_out": full,
        "target_mask": full != 0,
    }


@wrong("09", "sequence_loss", "divided_by_all_steps")
def loss_over_padding(logits, target_out, mask):
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), target_out.flatten(), reduction="none").view(mask.shape)
    return (loss * mask).mean()


@wrong("09", "dot_product_attention", "softmax_over_batch")
def softmax_over_the_batch(query, keys, mask):
    scores = torch.einsum("nh,nsh->ns", query, keys).masked_fill(~mask, -1e9)
    weights = torch.softmax(scores, dim=0)
    return torch.einsum("ns,nsh->nh", weights, keys), weights


@wrong("09", "make_batch", "eos_masked")
def mask_without_the_end(pairs, source_vocabulary, target_vocabulary):
    s = [torch.tensor(source_vocabulary.encode(a)) for a, _ in pairs]
    t = [target_vocabulary.encode(b) for _, b in pairs]
    out = pad_sequence([torch.tensor([*b, 2]) for b in t], batch_first=True)
    return {
        "source": pad_sequence(s, batch_first=True),
        "source_lengths": torch.tensor([len(a) for a in s]),
        "target_in": pad_sequence([torch.tensor([1, *b]) for b in t], batch_first=True),
        "target_out": out,
        "target_mask": (out != 0) & (out != 2),
    }


@wrong("09", "corpus_bleu", "mean_of_sentences")
def bleu_mean_of_sentences(candidates, references, max_n=4):
    scores = []
    for c, r in zip(candidates, references, strict=True):
        logs = 0.0
        for n in range(1, max_n + 1):
            a = Counter(tuple(c[i : i + n]) for i in range(len(c) - n + 1))
            b = Counter(tuple(r[i : i + n]) for i in range(len(r) - n + 1))
            hits = sum((a & b).values())
            if not hits:
                logs = -math.inf
                break
            logs += math.log(hits / sum(a.values())) / max_n
        brevity = min(0.0, 1 - len(r) / len(c)) if c else -math.inf
        scores.append(100 * math.exp(brevity + logs))
    return sum(scores) / len(scores)


@right("09", "greedy_decode")
def greedy_recursive(step, state, sos, eos, max_length):
    if max_length == 0:
        return []
    logp, state = step(sos, state)
    token = max(range(len(logp)), key=lambda i: float(logp[i]))
    return [] if token == eos else [token, *greedy_recursive(step, state, token, eos, max_length - 1)]


@right("09", "beam_search")
def beam_heap(step, state, sos, eos, beam_size, max_length):
    beam = [(0.0, (), sos, state, False)]
    for _ in range(max_length):
        grown = []
        for score, tokens, last, s, done in beam:
            if done:
                grown.append((score, tokens, last, s, True))
                continue
            logp, after = step(last, s)
            for token, p in enumerate(logp):
                end = token == eos
                grown.append((score + float(p), tokens if end else (*tokens, token), token, after, end))
        beam = heapq.nlargest(beam_size, grown, key=operator.itemgetter(0))
        if all(b[-1] for b in beam):
            break
    return list(beam[0][1]), beam[0][0]


@right("09", "sequence_loss")
def loss_by_gather(logits, target_out, mask):
    logp = logits - logits.logsumexp(-1, keepdim=True)
    return -logp[mask].gather(1, target_out[mask][:, None]).mean()
