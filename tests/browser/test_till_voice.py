# Part of payment_cn_wallets. License LGPL-3.
"""The till in Chromium, when it says aloud what it received. What the browser is told to say is noted at its edge."""

import pytest

NOTE_WORDS = """
window.said = [];
Object.defineProperty(window, 'speechSynthesis', {configurable: true, value: {
    cancel() {},
    getVoices: () => [],
    speak: (utterance) => window.said.push([utterance.text, utterance.lang]),
}});
"""
SENTENCES = {
    "zh_CN": ("支付宝", "88.80", "zh-CN"),
    "en_US": ("Alipay", "88.80 yuan", "en-US"),
}


@pytest.fixture
def talking(till, button):
    """Open a till that talks, in a language."""
    def opening(lang):
        button(cn_announce=True)
        page = till.open_page(lang=lang)
        page.add_init_script(NOTE_WORDS)
        till.open(lang, page=page)
        return till

    return opening


@pytest.mark.parametrize("lang", SENTENCES)
def test_amount_is_said_once(talking, lang):
    """Test that each payment is said once, in the till's language, and a refund not at all."""
    till = talking(lang)
    wallet, amount, tag = SENTENCES[lang]
    till.pay()
    till.ask_for_password()
    assert till.page.evaluate("said") == []
    till.customer_pays()
    till.paid()
    till.page.wait_for_timeout(1500)  # a late answer or a hint of the server must not say it again
    [(sentence, language)] = till.page.evaluate("said")
    assert wallet in sentence
    assert amount in sentence
    assert language == tag
    if lang == "en_US":
        till.refund()
        till.choose()
        till.press("refund")
        till.paid()
        assert len(till.page.evaluate("said")) == 1


def test_silent_unless_asked(counter):
    """Test that the till says nothing where nobody wants it to."""
    counter.page.evaluate(NOTE_WORDS)
    counter.pay()
    counter.scan("alipay")
    counter.paid()
    assert counter.page.evaluate("said") == []
