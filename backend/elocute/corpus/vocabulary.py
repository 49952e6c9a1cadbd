"""Words that the English sentences are made of: common ones, chosen so that every ARPAbet phone is frequent.

Lips decide what a viewer sees, so P, B, M, F, V, W and rounded vowels are over-represented, and the rare
ZH, OY, UH and TH have words in every list.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip().replace("_", " ") for word in text.split())


VOCABULARY: Final[dict[str, tuple[str, ...]]] = {
    "name": _words(
        "Bob Molly Peter Eve Phoebe Victor Marvin Bonnie Joyce Roy Hugh Ruth Ethan Martha George Judy Wendy "
        "Walter Charlotte Sophie Thomas Pam Fiona Vivian Abby Mabel Philip Oliver Zoe Yvonne Howard Luke "
        "Beth Keith Mister_Brown Missus_Woods Doctor_Young Professor_Moore Captain_Shaw Aunt_May"
    ),
    "person": _words(
        "boy girl woman man teacher farmer baker plumber mayor painter pilot judge nurse neighbour cousin "
        "mother father brother uncle mechanic musician chef actor author lawyer fireman waiter poet captain "
        "reporter swimmer boss employee visitor youth member driver builder butcher shepherd thief employer"
    ),
    "people": _words(
        "boys women children teachers neighbours farmers friends parents lawyers voters workers families "
        "shoppers visitors scientists doctors players musicians employees passengers members youths babies "
        "volunteers buyers investors fathers brothers"
    ),
    "thing": _words(
        "book map box phone bowl spoon vase shirt glove boot coin toy wheel fire engine window mirror camera "
        "bottle basket garage_door beige_coat television computer table pillow violin trumpet drum piano "
        "balloon umbrella bicycle van boat bus bike hammer shovel poem novel movie photo picture puzzle "
        "package letter menu wallet watch jewel necklace knife fork cup mug cushion hook brook bridge path "
        "leaf cave mushroom feather pebble measuring_tape treasure_chest cloth moth bath thumb mouth tooth "
        "voice joystick oyster oil_lamp foil tube suit juice_jug bookshelf cookbook wool_sweater football"
    ),
    "things": _words(
        "books maps boxes phones bowls spoons shirts gloves boots coins toys wheels windows cameras bottles "
        "baskets pillows drums balloons umbrellas boats buses bikes poems movies photos puzzles packages "
        "letters apples mushrooms feathers pebbles cups watches jewels leaves caves bridges oysters "
        "wolves puppies elephants mice foxes butterflies bees fish moths"
    ),
    "animal": _words(
        "puppy wolf fox bear beaver sheep mouse moose owl pigeon raven elephant monkey giraffe zebra lamb "
        "buffalo bee moth fish whale dolphin viper beetle goose rooster yak badger python vulture pony"
    ),
    "food": _words(
        "pie bread butter jam soup beef fish rice waffles muffins pumpkin peppers mushrooms honey yogurt "
        "apple_juice popcorn bacon beans plums peaches oysters roast_lamb voodoo_noodles vanilla_pudding "
        "pasta cheese chips thin_broth toffee coffee sugar_cookies olives avocado blueberry_muffins"
    ),
    "place": _words(
        "the_park the_beach the_village the_office the_museum the_market the_river the_valley the_bookshop "
        "the_kitchen the_garage the_theatre the_station the_harbour the_bridge the_factory the_farm "
        "the_university the_forest the_meadow the_swimming_pool the_roof the_basement the_church the_mall "
        "the_movies the_bathroom the_north the_south the_pub the_library the_woods Paris Boston Vermont "
        "Bombay the_Pacific_Ocean Wyoming Illinois Peru Asia Europe the_Missouri_river my_house"
    ),
    "place_name": _words(
        "Boston Vermont Bombay Wyoming Illinois Peru Europe Paris Moscow Vienna Brazil Bolivia Africa "
        "Florida Tokyo Buffalo Baltimore Plymouth Perth Asia Memphis Phoenix"
    ),
    "adjective": _words(
        "big blue brown fluffy warm empty heavy funny beautiful brave famous happy awful shabby bumpy purple "
        "yellow smooth soft rough violet wooden wet woolly huge young noisy joyful thick thin thoughtful "
        "usual casual foolish bashful simple amazing marvellous fabulous perfect public private good bad "
        "quick fresh cheap rich sharp shiny strange gloomy moody royal spoiled annoying loyal northern "
        "whole low slow old cold full enormous early pleasant useful"
    ),
    "feeling": _words(
        "happy worried annoyed overjoyed bored embarrassed amused furious relieved surprised hopeful proud "
        "confused thankful moved brave awful wonderful unhappy thrilled unsure peaceful"
    ),
    "did": _words(
        "found bought moved loved pushed pulled dropped painted broke borrowed hid fixed wrapped measured "
        "described showed threw caught carried saved imagined destroyed enjoyed remembered forgot improved "
        "polished examined put_away took_back picked_up gave_away looked_for filled emptied covered opened"
    ),
    "do": _words(
        "find buy move love push pull drop paint break borrow hide fix wrap measure describe "
        "show throw catch "
        "carry save imagine destroy enjoy remember forget improve polish examine put_away take_back pick_up "
        "give_away look_for fill empty cover open choose employ avoid prefer"
    ),
    "went": _words(
        "walked drove swam jumped flew ran moved hopped rode rushed marched sailed wandered crawled stumbled "
        "skipped hurried climbed bounced"
    ),
    "going": _words(
        "walking driving swimming jumping flying running moving hopping rushing marching sailing wandering "
        "crawling climbing bouncing whispering smiling laughing humming"
    ),
    "adverb": _words(
        "quickly slowly happily bravely softly quietly carefully suddenly usually really probably barely "
        "simply smoothly beautifully foolishly thoughtfully casually obviously very_well once_more in_public "
        "at_once by_mistake for_fun with_pleasure in_the_rain all_the_way both_times"
    ),
    "when": _words(
        "this_morning yesterday last_week before_breakfast after_lunch on_Monday on_Wednesday on_Thursday "
        "in_the_evening at_noon last_month in_February at_half_past_five every_Friday over_the_weekend "
        "a_few_moments_ago two_years_ago in_the_middle_of_the_night before_the_storm during_the_movie "
        "in_May at_midnight on_his_birthday for_the_third_time"
    ),
    "will_when": _words(
        "tomorrow next_week before_breakfast after_lunch on_Monday on_Wednesday this_evening at_noon "
        "next_month in_November at_half_past_five over_the_weekend in_a_few_moments in_two_years soon "
        "by_Friday_evening on_my_birthday whenever_you_wish"
    ),
    "colour": _words(
        "blue brown purple yellow beige violet white black amber silver maroon orange green red"
    ),
    "filler": _words(
        "Well So Okay Right Look Hmm Oh Wow Ah Um Now Anyway Actually Basically Honestly Maybe You_know "
        "I_mean Of_course By_the_way Believe_me For_example Fair_enough"
    ),
    "reply": _words(
        "Yes No Maybe Of_course Probably_not Absolutely Why_not Really Oh_boy Good_point Me_too Very_funny "
        "Whatever_you_say Beautiful Perfect Thank_you_very_much Beg_your_pardon Fabulous No_problem Hmm "
        "Oh_wow Enough What_a_pity Be_my_guest Move_over Give_me_a_moment You_bet My_pleasure Both_of_them "
        "Not_yet Huh Oops Ugh Phew Bravo"
    ),
    "topic": _words(
        "the_budget public_transport the_weather television football the_future music poverty employment "
        "the_environment medicine education tourism film physics philosophy food_prices space_travel "
        "the_economy the_vote foreign_policy the_new_law global_warming the_wolf_population internet_privacy"
    ),
    "company": _words(
        "the_bank the_government a_big_film_company the_shipping_firm the_union the_hospital the_police "
        "the_board the_museum the_power_company the_university the_airport the_committee parliament "
        "the_phone_company the_village_council a_group_of_volunteers the_fire_brigade"
    ),
    "effect": _words(
        "improve move_forward fall_apart become_cheaper grow_faster disappear be_approved be_a_problem "
        "get_worse pay_off happen_again be_forgotten take_months double bring_people_together fail "
        "surprise_everybody become_the_usual_choice"
    ),
    "profession": _words(
        "a_pilot a_plumber a_famous_author the_mayor a_lawyer a_vet a_film_maker the_best_baker_in_town "
        "a_professor_of_music a_thief a_boxer a_shoemaker an_employer a_voice_actor"
    ),
    "part": _words(
        "the_roof the_fourth_floor the_back_wheel the_top_shelf both_thumbs the_whole_book the_front_door "
        "the_beginning the_final_vote the_oil_pump the_lower_path the_upper_lip the_bathroom_mirror"
    ),
}
