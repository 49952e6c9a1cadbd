"""Names and words that are younger than the dictionary, or that spelling rules get wrong. Our own table."""

from __future__ import annotations

from typing import Final

_TABLE: Final = """
json JH EY S AH N;yaml Y AE M AH L;wysiwyg W IH Z IY W IH G
covid K OW V IH D;gif G IH F,JH IH F;gifs G IH F S,JH IH F S;jpeg JH EY P EH G;png P IY EH N JH IY
emoji IH M OW JH IY;tiktok T IH K T AA K;xiaomi SH AW M IY;saoirse S ER SH AH,S IH R SH AH
kubernetes K UW B ER N EH T IY Z;yeet Y IY T;daenerys D AH N EH R IH S;khaleesi K AH L IY S IY
elocute EH L AH K Y UW T;wifi W AY F AY;ios AY OW EH S;macos M AE K OW EH S;linux L IH N AH K S
ubuntu UH B UH N T UW;debian D EH B IY AH N;numpy N AH M P AY;pytorch P AY T AO R CH;vtuber V IY T UW B ER
anime AE N AH M EY;manga M AE NG G AH;otaku OW T AA K UW;cosplay K AA S P L EY;isekai IY S EH K AY
pokemon P OW K AH M AA N;pikachu P IY K AH CH UW;zelda Z EH L D AH;minecraft M AY N K R AE F T
roblox R OW B L AA K S;fortnite F AO R T N AY T;ukraine Y UW K R EY N;kyiv K IY V;kharkiv HH AA R K IY V
qatar K AH T AA R;brexit B R EH K S IH T;bitcoin B IH T K OY N;crypto K R IH P T OW
blockchain B L AA K CH EY N;fintech F IH N T EH K;startup S T AA R T AH P;hashtag HH AE SH T AE G
vlog V L AO G;vlogger V L AO G ER;podcaster P AA D K AE S T ER;influencer IH N F L UW AH N S ER
livestream L AY V S T R IY M;smartphone S M AA R T F OW N;chatbot CH AE T B AA T;deepfake D IY P F EY K
mocap M OW K AE P;keyframe K IY F R EY M;keyframes K IY F R EY M Z;blendshape B L EH N D SH EY P
blendshapes B L EH N D SH EY P S;viseme V IH Z IY M;visemes V IH Z IY M Z;shader SH EY D ER
shaders SH EY D ER Z;voxel V AA K S AH L;texel T EH K S AH L;chatgpt CH AE T JH IY P IY T IY
gpt JH IY P IY T IY;spotify S P AA T AH F AY;netflix N EH T F L IH K S;airbnb EH R B IY AH N B IY
paypal P EY P AE L;ebay IY B EY;whatsapp W AH T S AE P;snapchat S N AE P CH AE T;reddit R EH D IH T
discord D IH S K AO R D;twitch T W IH CH;zuckerberg Z AH K ER B ER G;elon IY L AA N;tesla T EH S L AH
spacex S P EY S EH K S;greta G R EH T AH;thunberg T UW N B ER G;zelenskyy Z EH L EH N S K IY
modi M OW D IY;macron M AH K R OW N;siri S IH R IY;alexa AH L EH K S AH;cortana K AO R T AE N AH
acai AA S AY IY;gnocchi N Y AA K IY,N OW K IY;bruschetta B R UW S K EH T AH;pho F AH
gyro Y IH R OW,JH AY R OW;sriracha S IH R AA CH AH;kombucha K AA M B UW CH AH;matcha M AA CH AH
ramen R AA M AH N;edamame EH D AH M AA M EY;omakase OW M AH K AA S EY;niamh N IY V;aoife IY F AH
caoimhe K IY V AH,K W IY V AH;eoghan OW AH N;cillian K IH L IY AH N;niall N AY AH L;sinead SH IH N EY D
gal G AE L;timothee T IH M AH TH IY;chalamet SH AE L AH M EY;matthew M AE TH Y UW
mcconaughey M AH K AA N AH HH EY;florence F L AO R AH N S;pugh P Y UW;ncuti SH UW T IY;gatwa G AE T W AH
quvenzhane K W AH V EH N ZH AH N EY;xochitl S OW CH IY
omg OW EH M JH IY;lol EH L OW EH L,L AA L;tbh T IY B IY EY CH;btw B IY T IY D AH B AH L Y UW,B AY DH AH W EY
idk AY D IY K EY,AY D OW N T N OW;imo AY EH M OW;fyi EH F W AY AY;brb B IY AA R B IY
wtf D AH B AH L Y UW T IY EH F;gigahertz G IH G AH HH ER T S;megahertz M EH G AH HH ER T S
"""


def _parse() -> dict[str, tuple[str, ...]]:
    entries = (entry.strip() for entry in _TABLE.replace("\n", ";").split(";"))
    words: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        if entry:
            word, _, phones = entry.partition(" ")
            words[word] = tuple(each.strip() for each in phones.split(","))
    return words


MORE_WORDS: Final = _parse()
"""Word -> pronunciations, the likeliest first, phones with spaces between."""
